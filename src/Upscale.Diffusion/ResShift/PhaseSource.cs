namespace Upscale.Diffusion.ResShift;

/// <summary>A picture as the planes of its phases, see <see cref="PixelShuffle"/>: smaller by a whole factor, with more planes.</summary>
public sealed class PhaseSource : IStripSource
{
    private const int StripRows = 8;

    private readonly StripWindow _window;
    private readonly int _factor;
    private int _next;

    /// <param name="source">With sides that are multiples of <paramref name="factor"/>; disposed with this.</param>
    /// <param name="factor">At least 1.</param>
    public PhaseSource(IStripSource source, int factor)
    {
        ArgumentNullException.ThrowIfNull(source);
        _window = new StripWindow(source);
        _factor = factor;
        ImageShape shape = source.Shape;
        Shape = new ImageShape(shape.Width / factor, shape.Height / factor, shape.Channels * factor * factor);
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next >= Shape.Height)
            return null;
        int height = Math.Min(StripRows, Shape.Height - _next);
        await _window.MoveAsync(_next * _factor, (_next + height) * _factor, cancellationToken).ConfigureAwait(false);
        var phases = new Strip(Shape.Width, Shape.Channels, _next, height);
        for (int phase = 0; phase < Shape.Channels; phase++)
        {
            (int line, int dx) = Math.DivRem(phase, _factor);
            (int channel, int dy) = Math.DivRem(line, _factor);
            for (int y = phases.Top; y < phases.Bottom; y++)
            {
                ReadOnlySpan<float> row = _window.Row(channel, (y * _factor) + dy);
                Span<float> target = phases.Row(phase, y);
                for (int x = 0; x < target.Length; x++)
                    target[x] = row[(x * _factor) + dx];
            }
        }

        _next += height;
        return phases;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _window.DisposeAsync();
}
