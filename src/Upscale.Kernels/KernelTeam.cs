namespace Upscale.Kernels;

/// <summary>
/// Threads that compute one kernel together, and their memory: the caller's thread and others of the thread pool. One kernel at a time.
/// Results do not depend on the number of threads.
/// </summary>
public sealed unsafe class KernelTeam : IDisposable
{
    /// <summary>Numbers below which one thread has gone through them before another has woken up.</summary>
    private const long LittleWork = 32 << 10;

    private readonly AlignedMemory?[] _scratch;
    private AlignedMemory? _shared;

    /// <param name="threads">At least 1.</param>
    public KernelTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _scratch = new AlignedMemory?[threads];
    }

    /// <summary>Threads, the caller's included.</summary>
    public int Threads => _scratch.Length;

    /// <summary>Bytes held for scratch.</summary>
    public long MemoryBytes => (_scratch.Sum(s => s?.Length ?? 0) + (_shared?.Length ?? 0)) * sizeof(float);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AlignedMemory? scratch in _scratch)
            scratch?.Dispose();
        _shared?.Dispose();
    }

    /// <summary>Memory that all threads see; what was in it is lost when it has to grow.</summary>
    internal float* Shared(long floats) => Grow(ref _shared, floats);

    /// <summary>Does pieces of work in any order.</summary>
    /// <param name="count">How many pieces.</param>
    /// <param name="scratchFloats">Scratch that a piece needs.</param>
    /// <param name="body">Does one piece.</param>
    /// <param name="work">Numbers that all pieces together touch; where a piece does more with each, any large number.</param>
    internal void Run(int count, long scratchFloats, KernelBody body, long work = long.MaxValue)
    {
        int threads = work < LittleWork ? 1 : Math.Min(Threads, count);
        if (threads <= 1)
        {
            float* scratch = Grow(ref _scratch[0], scratchFloats);
            for (int i = 0; i < count; i++)
                body(i, scratch);
            return;
        }

        int next = -1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, worker =>
        {
            float* scratch = Grow(ref _scratch[worker], scratchFloats);
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
                body(i, scratch);
        });
    }

    private static float* Grow(ref AlignedMemory? memory, long floats)
    {
        if (memory is null || memory.Length < floats)
        {
            memory?.Dispose();
            memory = new AlignedMemory(floats);
        }

        return memory.Data;
    }
}
