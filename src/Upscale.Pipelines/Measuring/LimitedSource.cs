namespace Upscale.Pipelines.Measuring;

/// <summary>A picture with its values limited to 0..1, as a file would hold them.</summary>
/// <param name="source">Disposed with this.</param>
internal sealed class LimitedSource(IStripSource source) : IStripSource
{
    public ImageShape Shape => source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is not null)
        {
            foreach (ref float value in strip.Data.Span)
                value = Math.Clamp(value, 0, 1);
        }

        return strip;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
