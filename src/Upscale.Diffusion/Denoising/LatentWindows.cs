namespace Upscale.Diffusion.Denoising;

/// <summary>
/// Windows of one size over latents: they overlap, cover everything, and the first and last ones touch the edges. Where several see a pixel, their
/// answers are averaged with weights that fall towards a window's edges (as in Bar-Tal et al., "MultiDiffusion", 2023, and Jimenez, "Mixture of
/// Diffusers", 2023).
/// </summary>
public sealed class LatentWindows
{
    private readonly float[] _horizontal;
    private readonly float[] _vertical;

    private LatentWindows(int width, int height, int[] columns, int[] rows)
    {
        (Width, Height, Columns, Rows) = (width, height, columns, rows);
        _horizontal = Weights(width);
        _vertical = Weights(height);
    }

    /// <summary>Columns of a window.</summary>
    public int Width { get; }

    /// <summary>Rows of a window.</summary>
    public int Height { get; }

    /// <summary>First column of each window of a row.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <summary>First row of each row of windows.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>Number of windows.</summary>
    public int Count => Columns.Count * Rows.Count;

    /// <summary>Lays windows over latents.</summary>
    /// <param name="width">Of the latents; a multiple of <paramref name="multipleOf"/>.</param>
    /// <param name="height">Of the latents; a multiple of <paramref name="multipleOf"/>.</param>
    /// <param name="window">Largest size of a window, made a multiple of <paramref name="multipleOf"/>.</param>
    /// <param name="overlap">Part of a window that it shares with its neighbour at least, 0..0.9.</param>
    /// <param name="multipleOf">Sizes are multiples of this.</param>
    public static LatentWindows Over(int width, int height, (int Width, int Height) window, double overlap, int multipleOf)
    {
        int w = Math.Min(width, Round(window.Width, multipleOf)), h = Math.Min(height, Round(window.Height, multipleOf));
        return new LatentWindows(w, h, Spread(width, w, overlap), Spread(height, h, overlap));
    }

    /// <summary>How much a window's answer counts at one of its pixels; more than 0, at most 1.</summary>
    /// <param name="x">Column of the window.</param>
    /// <param name="y">Row of the window.</param>
    public float Weight(int x, int y) => _horizontal[x] * _vertical[y];

    private static int Round(int length, int multipleOf) => Math.Max(length / multipleOf, 1) * multipleOf;

    /// <summary>As few places as the overlap allows, evenly spread.</summary>
    private static int[] Spread(int length, int window, double overlap)
    {
        if (window >= length)
            return [0];
        double stride = Math.Max(1, window * (1 - overlap));
        int last = (int)Math.Ceiling((length - window) / stride);
        return [.. Enumerable.Range(0, last + 1).Select(i => (int)Math.Round((double)i * (length - window) / last))];
    }

    /// <summary>A bell with a foot, so that no pixel is without an answer.</summary>
    private static float[] Weights(int length)
    {
        const double foot = 0.01;
        return [.. Enumerable.Range(0, length).Select(i => (float)(foot + ((1 - foot) * Math.Pow(Math.Sin(Math.PI * (i + 0.5) / length), 2))))];
    }
}
