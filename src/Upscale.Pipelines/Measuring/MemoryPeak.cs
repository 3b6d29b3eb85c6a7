namespace Upscale.Pipelines.Measuring;

/// <summary>Watches how far the process grows beyond what it had at the beginning.</summary>
internal sealed class MemoryPeak : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly long _start;
    private readonly Task _watching;
    private long _most;

    public MemoryPeak()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _start = Environment.WorkingSet;
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Bytes, so far.</summary>
    public long Bytes => Math.Max(0, Interlocked.Read(ref _most) - _start);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _most, Math.Max(_most, Environment.WorkingSet));
            await Task.Delay(s_interval, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
