namespace Upscale.Finishing;

/// <summary>A picture under a Gaussian blur; beyond its edges it is mirrored, the edge pixel repeated.</summary>
internal sealed class BlurSource : IStripSource
{
    private const int StripFloats = 1 << 18;
    private readonly StripWindow _window;
    private readonly GaussianKernel _kernel;
    private readonly float[] _line;
    private int _next;

    /// <param name="picture">Disposed with this.</param>
    /// <param name="kernel">Of the sum 1.</param>
    public BlurSource(IStripSource picture, GaussianKernel kernel)
    {
        _window = new StripWindow(picture);
        _kernel = kernel;
        _line = new float[picture.Shape.Width + (2 * kernel.Radius)];
    }

    public ImageShape Shape => _window.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        int left = Shape.Height - _next;
        if (left == 0)
            return null;
        int height = Math.Clamp(StripFloats / (Shape.Width * Shape.Channels), 1, left);
        int bottom = (int)Math.Min((long)_next + height + _kernel.Radius, Shape.Height);
        await _window.MoveAsync(Math.Max(0, _next - _kernel.Radius), bottom, cancellationToken).ConfigureAwait(false);
        var strip = new Strip(Shape.Width, Shape.Channels, _next, height);
        for (int c = 0; c < strip.Channels; c++)
        {
            for (int y = strip.Top; y < strip.Bottom; y++)
                Blur(c, y, strip.Row(c, y));
        }

        _next += height;
        return strip;
    }

    public ValueTask DisposeAsync() => _window.DisposeAsync();

    private void Blur(int channel, int y, Span<float> result)
    {
        int radius = _kernel.Radius;
        Span<float> middle = _line.AsSpan(radius, Shape.Width);
        _kernel.Sum(d => _window.Row(channel, Mirrored(y + d, Shape.Height)), middle);
        for (int x = 1; x <= radius; x++)
        {
            _line[radius - x] = middle[Mirrored(-x, Shape.Width)];
            _line[radius + Shape.Width - 1 + x] = middle[Mirrored(Shape.Width - 1 + x, Shape.Width)];
        }

        _kernel.Sum(d => _line.AsSpan(radius + d), result);
    }

    private static int Mirrored(int i, int length)
    {
        int period = 2 * length;
        i = ((i % period) + period) % period;
        return i < length ? i : period - 1 - i;
    }
}
