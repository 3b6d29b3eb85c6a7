using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>Threads and memory of one run at a time.</summary>
/// <param name="tuning">How many threads, and how they cut their work.</param>
internal sealed class NativeSeat(KernelTuning tuning) : IDisposable
{
    private AlignedMemory? _memory;

    /// <summary>The threads.</summary>
    public KernelTeam Team { get; } = new(tuning);

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => ((_memory?.Length ?? 0) * sizeof(float)) + Team.MemoryBytes;

    /// <summary>Memory for feature maps; it grows with the largest run.</summary>
    public unsafe nint Memory(long floats)
    {
        if (_memory is null || _memory.Length < floats)
        {
            _memory?.Dispose();
            _memory = null;
            _memory = new AlignedMemory(floats);
        }

        return (nint)_memory.Data;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory?.Dispose();
        Team.Dispose();
    }
}
