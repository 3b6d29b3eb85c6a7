namespace Upscale.Diffusion.Autoencoding;

/// <summary>Latents of one tile along one axis.</summary>
/// <param name="Start">The first one.</param>
/// <param name="End">The one after the last.</param>
internal readonly record struct TileRange(int Start, int End)
{
    /// <summary>How many.</summary>
    public int Length => End - Start;

    /// <summary>Cuts an axis into tiles, neighbours of which share a quarter of a tile or more.</summary>
    /// <param name="length">Latents along the axis.</param>
    /// <param name="tile">Latents of a tile.</param>
    /// <param name="shorten">
    /// True to begin a tile after every three quarters of one and to cut off those at the end, as enable_tiling of diffusers does; false for tiles of one length,
    /// spread evenly.
    /// </param>
    public static TileRange[] Split(int length, int tile, bool shorten)
    {
        int step = Math.Max(1, tile * 3 / 4);
        if (shorten)
            return [.. Enumerable.Range(0, (length + step - 1) / step).Select(i => new TileRange(i * step, Math.Min((i * step) + tile, length)))];
        if (tile >= length)
            return [new TileRange(0, length)];
        int gaps = (length - tile + step - 1) / step;
        return [.. Enumerable.Range(0, gaps + 1).Select(i => (int)((long)i * (length - tile) / gaps)).Select(start => new TileRange(start, start + tile))];
    }
}
