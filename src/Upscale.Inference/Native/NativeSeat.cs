using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>Threads and memory of one run at a time.</summary>
/// <param name="threads">How many threads.</param>
internal sealed class NativeSeat(int threads) : IDisposable
{
    private AlignedMemory? _memory;

    /// <summary>The threads.</summary>
    public KernelTeam Team { get; } = new(threads);

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
