namespace Upscale.Pipelines.Running;

/// <summary>A source in the place of another one, which nobody reads: that one is let go first, so that what it shares with others does not wait for it.</summary>
internal sealed class InsteadOfSource(IStripSource source, IStripSource unread) : IStripSource
{
    private bool _gone;

    public ImageShape Shape => source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        await LetGoAsync().ConfigureAwait(false);
        return await source.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask LetGoAsync()
    {
        if (_gone)
            return;
        _gone = true;
        await unread.DisposeAsync().ConfigureAwait(false);
    }
}
