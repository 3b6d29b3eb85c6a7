namespace Upscale.Pipelines.Running;

/// <summary>
/// Reads a source ahead on a worker of its own, so that the stages on both sides work at the same time. What waits is bounded
/// in bytes, not in strips.
/// </summary>
internal sealed class PrefetchSource(IStripSource source, long capacityBytes) : IStripSource
{
    private readonly Queue<Strip> _ready = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly SemaphoreSlim _room = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private long _bytes;
    private bool _waitingForRoom;
    private Task? _worker;
    private bool _disposed;

    public ImageShape Shape => source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        _worker ??= Task.Run(ReadAheadAsync, CancellationToken.None);
        await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_ready.TryDequeue(out Strip? strip))
            {
                _bytes -= Size(strip);
                if (_waitingForRoom)
                {
                    _waitingForRoom = false;
                    _room.Release();
                }

                return strip;
            }
        }

        // The worker has ended: at the last row, or with what it threw.
        _available.Release();
        await _worker.ConfigureAwait(false);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_worker is not null)
            await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_ready.TryDequeue(out Strip? strip))
            strip.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _available.Dispose();
        _room.Dispose();
    }

    private static long Size(Strip strip) => (long)strip.Width * strip.Height * strip.Channels * sizeof(float);

    private async Task ReadAheadAsync()
    {
        try
        {
            while (await source.ReadAsync(_stop.Token).ConfigureAwait(false) is { } strip)
            {
                bool wait;
                lock (_lock)
                {
                    _ready.Enqueue(strip);
                    _bytes += Size(strip);
                    wait = _waitingForRoom = _bytes >= capacityBytes;
                }

                _available.Release();
                if (wait)
                    await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            _available.Release();
        }
    }
}
