namespace Upscale.Pipelines.Running;

/// <summary>An input of a stage: what it reads becomes its own to dispose, and a stage that was left behind gets nothing more.</summary>
internal sealed class InputGate(IStripSource input, StageGuard guard) : IStripSource
{
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _reading = new(1);
    private bool _disposed;

    public ImageShape Shape => input.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        await _reading.WaitAsync(either.Token).ConfigureAwait(false);
        BufferScope.Current = guard.Outside;
        guard.Watch.Pause();
        try
        {
            either.Token.ThrowIfCancellationRequested();
            Strip? strip = await input.ReadAsync(either.Token).ConfigureAwait(false);
            strip?.MoveTo(guard.Buffers);
            return strip;
        }
        finally
        {
            guard.Watch.Resume();
            _reading.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            await input.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }
}
