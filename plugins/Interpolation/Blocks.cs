namespace Upscale.Interpolation;

/// <summary>Spreads independent blocks of work over threads.</summary>
internal static class Blocks
{
    /// <summary>Runs every block once; which thread takes which is left open.</summary>
    /// <param name="count">Blocks.</param>
    /// <param name="threads">Most threads at a time.</param>
    /// <param name="work">Given the worker (below <paramref name="threads"/>, never busy twice at a time) and the block.</param>
    /// <param name="cancellationToken">Ends the work between blocks.</param>
    public static void Run(int count, int threads, Action<int, int> work, CancellationToken cancellationToken)
    {
        int next = -1;
        void Worker(int worker)
        {
            int block;
            while (!cancellationToken.IsCancellationRequested && (block = Interlocked.Increment(ref next)) < count)
                work(worker, block);
        }

        threads = Math.Min(threads, count);
        if (threads > 1)
            Parallel.For(0, threads, Worker);
        else
            Worker(0);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
