namespace Upscale.Diffusion.Sources;

/// <summary>The mean of all planes of a picture.</summary>
/// <param name="source">Disposed with this.</param>
public sealed class MeanSource(IStripSource source) : IStripSource
{
    /// <inheritdoc/>
    public ImageShape Shape => source.Shape with { Channels = 1 };

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? strip = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        var mean = new Strip(strip.Width, 1, strip.Top, strip.Height);
        Span<float> sum = mean.Plane(0);
        sum.Clear();
        for (int c = 0; c < strip.Channels; c++)
        {
            ReadOnlySpan<float> plane = strip.Plane(c);
            for (int i = 0; i < sum.Length; i++)
                sum[i] += plane[i] / strip.Channels;
        }

        return mean;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();
}
