using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Upscale.Kernels;

/// <summary>
/// Threads that compute one kernel together, and their memory: the caller's thread and others of its own. One kernel at a time.
/// Results do not depend on the number of threads.
/// </summary>
/// <remarks>
/// A network is some dozens of kernels of a fraction of a millisecond each: between two of them a thread looks out for the next one for a moment
/// before it sleeps, which a thread pool does not. Threads that were not needed for a while end.
/// </remarks>
public sealed unsafe class KernelTeam : IDisposable
{
    /// <summary>Numbers below which one thread has gone through them before another has woken up.</summary>
    private const long LittleWork = 32 << 10;

    private static readonly TimeSpan s_lookOut = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly AlignedMemory?[] _scratch;
    private readonly bool[] _alive;
    private AlignedMemory? _shared;
    private KernelBody? _body;
    private ExceptionDispatchInfo? _failure;
    private long _scratchFloats;
    private int _count;
    private int _next;
    private int _round;
    private int _working;
    private int _asleep;
    private bool _open;
    private bool _disposed;

    /// <param name="threads">At least 1.</param>
    public KernelTeam(int threads)
        : this(new KernelTuning(threads, KernelTuning.UsualBlockBytes))
    {
    }

    /// <param name="tuning">How many threads, and how they cut their work.</param>
    public KernelTeam(KernelTuning tuning)
    {
        ArgumentNullException.ThrowIfNull(tuning);
        (int threads, BlockBytes) = (tuning.Threads, tuning.BlockBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _scratch = new AlignedMemory?[threads];
        _alive = new bool[threads];
    }

    /// <summary>Threads, the caller's included.</summary>
    public int Threads => _scratch.Length;

    /// <summary>As <see cref="KernelTuning.BlockBytes"/>.</summary>
    internal int BlockBytes { get; }

    /// <summary>Bytes held for scratch.</summary>
    public long MemoryBytes => (_scratch.Sum(s => s?.Length ?? 0) + (_shared?.Length ?? 0)) * sizeof(float);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Monitor.PulseAll(_gate);
        }

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

        Begin(count, scratchFloats, body, threads);
        try
        {
            Work(0);
        }
        finally
        {
            End();
        }

        _failure?.Throw();
    }

    private void Begin(int count, long scratchFloats, KernelBody body, int threads)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            for (int worker = 1; worker < threads; worker++)
            {
                if (_alive[worker])
                    continue;
                int own = worker, round = _round;
                new Thread(() => Help(own, round)) { IsBackground = true, Name = "Upscale kernels" }.UnsafeStart();
                _alive[worker] = true;
            }

            (_count, _scratchFloats, _body, _failure) = (count, scratchFloats, body, null);
            _next = -1;
            _open = true;
            Volatile.Write(ref _round, _round + 1);
            if (_asleep > 0)
                Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Lets nobody join any more and waits for those who did. Nobody waits for a thread that woke up too late.</summary>
    private void End()
    {
        lock (_gate)
            _open = false;
        var spin = default(SpinWait);
        while (Volatile.Read(ref _working) > 0)
            spin.SpinOnce(sleep1Threshold: -1);
        _body = null;
    }

    private void Work(int worker)
    {
        float* scratch = Grow(ref _scratch[worker], _scratchFloats);
        KernelBody body = _body!;
        int count = _count;
        for (int i; (i = Interlocked.Increment(ref _next)) < count;)
            body(i, scratch);
    }

    private void Help(int worker, int round)
    {
        while (Join(worker, ref round))
        {
            try
            {
                Work(worker);
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }

            Interlocked.Decrement(ref _working);
        }
    }

    /// <summary>Waits for the next kernel.</summary>
    /// <returns>False when the thread is to end.</returns>
    private bool Join(int worker, ref int round)
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _round) == round && Stopwatch.GetElapsedTime(start) < s_lookOut)
            Thread.SpinWait(10);
        lock (_gate)
        {
            while (true)
            {
                if (!_disposed && _round != round)
                {
                    round = _round;
                    if (_open)
                    {
                        Interlocked.Increment(ref _working);
                        return true;
                    }
                }

                _asleep++;
                bool called = !_disposed && Monitor.Wait(_gate, s_idle);
                _asleep--;
                if (!called && (_disposed || _round == round))
                {
                    _alive[worker] = false;
                    return false;
                }
            }
        }
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
