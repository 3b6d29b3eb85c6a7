namespace Upscale.Inference;

/// <summary>
/// Work in the native library, which takes seconds and cannot be broken off at once. When the process ends meanwhile, the end waits for it: the
/// library's globals would be torn down under its feet otherwise, and the process would die of a signal instead of with its exit code.
/// </summary>
internal static class NativeWork
{
    private static readonly Lock s_gate = new();
    private static readonly ManualResetEventSlim s_idle = new(initialState: true);
    private static int s_running;
    private static bool s_ending;

    static NativeWork() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Close();

    /// <summary>Starts work on a thread of its own, so that the thread pool does not starve.</summary>
    /// <exception cref="OperationCanceledException">In the task: the process is ending.</exception>
    public static Task<T> StartAsync<T>(Func<T> work)
        => Task.Factory.StartNew(() => Do(work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static T Do<T>(Func<T> work)
    {
        lock (s_gate)
        {
            if (s_ending)
                throw new OperationCanceledException("The process is ending.");
            if (++s_running == 1)
                s_idle.Reset();
        }

        try
        {
            return work();
        }
        finally
        {
            lock (s_gate)
            {
                if (--s_running == 0)
                    s_idle.Set();
            }
        }
    }

    private static void Close()
    {
        lock (s_gate)
            s_ending = true;
        s_idle.Wait();
    }
}
