namespace Upscale.Diffusion.Colour;

/// <summary>A picture convolved with [1 2 1; 2 4 2; 1 2 1] / 16, the taps some pixels apart, the edge pixels repeated.</summary>
internal sealed class DilatedBlur : IStripSource
{
    private const int StripFloats = 1 << 18;
    private readonly StripWindow _window;
    private readonly float[] _line;
    private readonly int _dilation;
    private int _next;

    /// <param name="source">Disposed with this.</param>
    /// <param name="dilation">Pixels between taps, at least 1.</param>
    public DilatedBlur(IStripSource source, int dilation)
    {
        _window = new StripWindow(source);
        _line = new float[source.Shape.Width];
        _dilation = dilation;
    }

    public ImageShape Shape => _window.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        int left = Shape.Height - _next;
        if (left == 0)
            return null;
        int height = Math.Clamp(StripFloats / (Shape.Width * Shape.Channels), 1, left);
        await _window.MoveAsync(Math.Max(0, _next - _dilation), Math.Min(Shape.Height, _next + height + _dilation), cancellationToken).ConfigureAwait(false);
        var strip = new Strip(Shape.Width, Shape.Channels, _next, height);
        for (int c = 0; c < strip.Channels; c++)
        {
            for (int y = strip.Top; y < strip.Bottom; y++)
            {
                Down(_window.Row(c, Math.Max(0, y - _dilation)), _window.Row(c, y), _window.Row(c, Math.Min(Shape.Height - 1, y + _dilation)));
                Across(strip.Row(c, y));
            }
        }

        _next += height;
        return strip;
    }

    public ValueTask DisposeAsync() => _window.DisposeAsync();

    private void Down(ReadOnlySpan<float> above, ReadOnlySpan<float> row, ReadOnlySpan<float> below)
    {
        for (int x = 0; x < _line.Length; x++)
            _line[x] = (0.25f * (above[x] + below[x])) + (0.5f * row[x]);
    }

    private void Across(Span<float> result)
    {
        int last = result.Length - 1;
        for (int x = 0; x < result.Length; x++)
            result[x] = (0.25f * (_line[Math.Max(0, x - _dilation)] + _line[Math.Min(last, x + _dilation)])) + (0.5f * _line[x]);
    }
}
