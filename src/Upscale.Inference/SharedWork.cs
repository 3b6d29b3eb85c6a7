namespace Upscale.Inference;

/// <summary>
/// Work that is done once for all who wait for it. One who stops waiting does not disturb the others; when nobody waits any more, the
/// work is cancelled.
/// </summary>
/// <param name="work">Runs on a thread of its own.</param>
internal sealed class SharedWork<T>(Func<CancellationToken, T> work)
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel = new();
    private Task<T>? _task;
    private int _waiters;

    /// <summary>Starts the work if nobody has, and waits for it.</summary>
    /// <exception cref="OperationCanceledException">The waiting or the work was cancelled.</exception>
    public async Task<T> WaitAsync(CancellationToken cancellationToken)
    {
        Task<T> task;
        lock (_gate)
        {
            _waiters++;
            task = _task ??= NativeWork.StartAsync(() => work(_cancel.Token));
        }

        try
        {
            return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                if (--_waiters == 0 && !task.IsCompleted)
                    _cancel.Cancel();
            }
        }
    }
}
