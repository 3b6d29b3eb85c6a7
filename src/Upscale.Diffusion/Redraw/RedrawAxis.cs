using Upscale.Diffusion.Pipelines;

namespace Upscale.Diffusion.Redraw;

/// <summary>Cuts one axis of a picture into tiles of nearly one length.</summary>
internal sealed class RedrawAxis
{
    /// <summary>What a tile shows of its surroundings on each side at least, in pixels.</summary>
    private const int Padding = 32;

    private readonly PartLimits _limits;
    private readonly int _length;
    private readonly int _fading;
    private readonly int _padding;
    private readonly int _least;

    /// <param name="length">Of the picture.</param>
    /// <param name="tile">Largest length of a tile that is wanted.</param>
    /// <param name="given">The only length that the network takes; null for any.</param>
    /// <param name="limits">Of the network.</param>
    /// <param name="blur">See <see cref="RedrawOptions.SeamBlur"/>.</param>
    public RedrawAxis(int length, int tile, int? given, PartLimits limits, int blur)
    {
        (_length, _limits, _fading) = (length, limits, 2 * blur);
        _padding = Math.Max(Padding, _fading);
        _least = Math.Max(2 * limits.Multiple, given ?? 0);
        int most = Math.Min(tile, (given ?? limits.Largest) - (2 * _padding)) / limits.Multiple * limits.Multiple;
        most = Math.Max(most, limits.Multiple);
        Count = (length + most - 1) / most;
        Borders = [.. Enumerable.Range(0, Count).Select(i => RoundUp((int)(((long)i * length + Count - 1) / Count), limits.Multiple)), length];
    }

    /// <summary>Number of tiles.</summary>
    public int Count { get; }

    /// <summary>Where tiles begin and end: one more than there are tiles, from 0 to the length of the picture.</summary>
    public IReadOnlyList<int> Borders { get; }

    /// <summary>The whole axis.</summary>
    public RedrawSpan Whole => Flat(0, _length);

    /// <summary>A tile.</summary>
    /// <param name="index">From 0.</param>
    public RedrawSpan Tile(int index) => Flat(Borders[index], Borders[index + 1]);

    /// <summary>What lies over the border behind a tile.</summary>
    /// <param name="index">Of the tile before the border.</param>
    /// <param name="width">Of the gradient, to both sides together; null for the length of that tile.</param>
    public RedrawSpan Seam(int index, int? width = null)
    {
        int border = Borders[index + 1], half = Math.Max(1, (width ?? (border - Borders[index])) / 2);
        return Around(border - half, border + half, isGradient: true);
    }

    private static int RoundUp(int value, int multipleOf) => (value + multipleOf - 1) / multipleOf * multipleOf;

    private RedrawSpan Flat(int from, int to) => Around(from, to, isGradient: false);

    /// <summary>Adds what surrounds it, moved so that as little as possible of it lies beyond the picture.</summary>
    private RedrawSpan Around(int from, int to, bool isGradient)
    {
        int start = Math.Max(0, from - _padding) / _limits.Alignment * _limits.Alignment;
        int end = Math.Min(_length, to + _padding);
        int length = Math.Max(_least, RoundUp(end - start, _limits.Multiple));
        if (start + length > _length)
            start = Math.Max(0, RoundUp(_length - length, _limits.Alignment));
        return new RedrawSpan(start, length, from, to, isGradient, _fading);
    }
}
