namespace Upscale.Imaging.Comparison;

/// <summary>Three pictures from left to right: the truth, the result, and how far they are apart, <see cref="Amplification"/> times, on black.</summary>
public sealed class SideBySideSource : IStripSource
{
    /// <summary>What differences are multiplied by, so that they can be seen.</summary>
    public const int Amplification = 8;

    private const int StripFloats = 1 << 20;

    private readonly RowPairs _pairs;

    /// <param name="reference">Disposed with the source.</param>
    /// <param name="difference">Of the same width and height; disposed with the source.</param>
    /// <exception cref="ArgumentException">The sizes differ; nothing is disposed then.</exception>
    public SideBySideSource(IStripSource reference, IStripSource difference)
    {
        _pairs = new RowPairs(reference, difference);
        Shape = _pairs.Shape with { Width = checked(3 * _pairs.Shape.Width) };
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await _pairs.MoveAsync(Math.Max(1, StripFloats / Shape.Width / Shape.Channels), cancellationToken).ConfigureAwait(false))
            return null;
        var strip = new Strip(Shape.Width, Shape.Channels, _pairs.Top, _pairs.Rows);
        int width = _pairs.Shape.Width;
        for (int c = 0; c < Shape.Channels; c++)
        {
            for (int row = 0; row < _pairs.Rows; row++)
            {
                ReadOnlySpan<float> reference = _pairs.Reference(c, row);
                ReadOnlySpan<float> difference = _pairs.Difference(c, row);
                Span<float> target = strip.Row(c, _pairs.Top + row);
                reference.CopyTo(target);
                difference.CopyTo(target[width..]);
                Span<float> apart = target[(2 * width)..];
                for (int x = 0; x < width; x++)
                    apart[x] = Amplification * Math.Abs(reference[x] - difference[x]);
            }
        }

        return strip;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pairs.DisposeAsync();
}
