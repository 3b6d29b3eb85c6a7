namespace Upscale.Pipelines.Running;

/// <summary>The result of a chain that belongs to it.</summary>
/// <param name="source">Disposed with this.</param>
/// <param name="chain">Disposed with this.</param>
internal sealed class ChainSource(IStripSource source, StageChain chain) : IStripSource
{
    public ImageShape Shape => source.Shape;

    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken) => source.ReadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync().ConfigureAwait(false);
        await chain.DisposeAsync().ConfigureAwait(false);
    }
}
