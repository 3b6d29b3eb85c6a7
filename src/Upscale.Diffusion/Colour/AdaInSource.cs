namespace Upscale.Diffusion.Colour;

/// <summary>
/// A picture with the mean and deviation of a reference (X. Huang, S. Belongie: "Arbitrary style transfer in real-time with adaptive instance normalization", 2017).
/// Both are read whole before the first row; the picture is kept.
/// </summary>
/// <param name="content">Disposed with this.</param>
/// <param name="reference">Of the same size; disposed with this.</param>
internal sealed class AdaInSource(IStripSource content, IStripSource reference) : IStripSource
{
    private readonly Queue<Strip> _strips = new();
    private (double Factor, double Offset)[]? _maps;

    public ImageShape Shape => content.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        _maps ??= await MeasureAsync(cancellationToken).ConfigureAwait(false);
        if (!_strips.TryDequeue(out Strip? strip))
            return null;
        for (int c = 0; c < strip.Channels; c++)
        {
            (double factor, double offset) = _maps[c];
            foreach (ref float value in strip.Plane(c))
                value = (float)((value * factor) + offset);
        }

        return strip;
    }

    public async ValueTask DisposeAsync()
    {
        while (_strips.TryDequeue(out Strip? strip))
            strip.Dispose();
        await content.DisposeAsync().ConfigureAwait(false);
        await reference.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<(double Factor, double Offset)[]> MeasureAsync(CancellationToken cancellationToken)
    {
        var own = new ChannelStatistics(Shape);
        var wanted = new ChannelStatistics(Shape);

        // In step with each other: both may come from one picture whose rows are kept for the slower of them.
        (int read, int referenceRead) = (0, 0);
        while (read < Shape.Height || referenceRead < Shape.Height)
        {
            bool isContent = read <= referenceRead && read < Shape.Height;
            Strip strip = await (isContent ? content : reference).ReadAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"A source ended at row {Math.Min(read, referenceRead)} of {Shape.Height}.");
            if (isContent)
            {
                _strips.Enqueue(strip);
                own.Add(strip);
                read = strip.Bottom;
            }
            else
            {
                using (strip)
                    wanted.Add(strip);
                referenceRead = strip.Bottom;
            }
        }

        return [.. Enumerable.Range(0, Shape.Channels).Select(c =>
        {
            double factor = wanted.Deviation(c) / own.Deviation(c);
            return (factor, wanted.Mean(c) - (own.Mean(c) * factor));
        })];
    }
}
