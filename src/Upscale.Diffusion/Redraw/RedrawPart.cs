namespace Upscale.Diffusion.Redraw;

/// <summary>A rectangle of a picture that is made anew as a picture of its own.</summary>
/// <param name="Columns">Along a row.</param>
/// <param name="Rows">From the top down.</param>
/// <param name="Pass">0 for tiles; more for what is made anew once more.</param>
public sealed record RedrawPart(RedrawSpan Columns, RedrawSpan Rows, int Pass)
{
    /// <summary>True for what lies over seams between tiles.</summary>
    public bool IsSeam => Pass > 0;

    /// <summary>
    /// How much the new picture counts, 0..1: 1 within a tile, fading around it; for seams 1 on the border and falling linearly to both sides, for corners to all
    /// sides.
    /// </summary>
    /// <param name="x">Column of the picture.</param>
    /// <param name="y">Row of the picture.</param>
    public float Weight(int x, int y)
    {
        double across = Columns.Distance(x), down = Rows.Distance(y);
        double near = Math.Max(0, 1 - Math.Sqrt((across * across) + (down * down)));
        return (float)(near * Columns.Presence(x) * Rows.Presence(y));
    }
}
