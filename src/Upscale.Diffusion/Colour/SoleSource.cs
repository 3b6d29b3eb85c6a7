namespace Upscale.Diffusion.Colour;

/// <summary>The first of two sources; the other one is let go of before the first row, so that nobody keeps rows for it.</summary>
/// <param name="source">Disposed with this.</param>
/// <param name="unused">Disposed before the first row, or with this.</param>
internal sealed class SoleSource(IStripSource source, IStripSource unused) : IStripSource
{
    private IStripSource? _unused = unused;

    public ImageShape Shape => source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        await ReleaseAsync().ConfigureAwait(false);
        return await source.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask ReleaseAsync()
    {
        if (Interlocked.Exchange(ref _unused, null) is { } unused)
            await unused.DisposeAsync().ConfigureAwait(false);
    }
}
