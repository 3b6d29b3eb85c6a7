namespace Upscale.Finishing;

/// <summary>Reports a stage's only block of work when the last row is handed out.</summary>
/// <param name="source">Disposed with this.</param>
/// <param name="services">Told.</param>
internal sealed class CountedSource(IStripSource source, IStageServices services) : IStripSource
{
    public ImageShape Shape => source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip?.Bottom == Shape.Height)
            services.ReportTiles(1);
        return strip;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
