namespace Upscale.Diffusion.Autoencoding;

/// <summary>How latents are cut into tiles.</summary>
/// <param name="Columns">The tiles of a row of tiles.</param>
/// <param name="Rows">The rows of tiles.</param>
internal sealed record TileGrid(TileRange[] Columns, TileRange[] Rows)
{
    /// <summary>Number of tiles.</summary>
    public int Count => Columns.Length * Rows.Length;
}
