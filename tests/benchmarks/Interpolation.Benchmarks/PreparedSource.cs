namespace Upscale.Interpolation.Benchmarks;

/// <summary>A picture whose strips were made beforehand.</summary>
internal sealed class PreparedSource : IStripSource
{
    private const int StripRows = 64;
    private readonly Queue<Strip> _strips = new();

    /// <param name="pixels">Interleaved.</param>
    /// <param name="shape">Their size.</param>
    public PreparedSource(float[] pixels, ImageShape shape)
    {
        Shape = shape;
        for (int top = 0; top < shape.Height; top += StripRows)
        {
            Strip strip = new(shape.Width, shape.Channels, top, Math.Min(StripRows, shape.Height - top));
            for (int channel = 0; channel < shape.Channels; channel++)
            {
                for (int y = top; y < strip.Bottom; y++)
                {
                    Span<float> row = strip.Row(channel, y);
                    for (int x = 0; x < row.Length; x++)
                        row[x] = pixels[((((long)y * shape.Width) + x) * shape.Channels) + channel];
                }
            }

            _strips.Enqueue(strip);
        }
    }

    public ImageShape Shape { get; }

    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_strips.TryDequeue(out Strip? strip) ? strip : null);

    public ValueTask DisposeAsync()
    {
        while (_strips.TryDequeue(out Strip? strip))
            strip.Dispose();
        return ValueTask.CompletedTask;
    }
}
