using System.Buffers;
using System.Runtime.InteropServices;

namespace Upscale;

/// <summary>
/// A block of float32 outside the garbage-collected heap, 64-byte aligned and not cleared. Strips of a large picture come
/// and go many times a second; returned to the allocator at once, they keep the resident size at what is in use.
/// </summary>
public sealed unsafe class FloatBuffer : MemoryManager<float>
{
    private const int Alignment = 64;
    private static long s_outstanding;
    private readonly int _length;
    private void* _block;
    private float* _data;
    private BufferScope? _scope = BufferScope.Current;

    /// <param name="length">Number of floats, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative or over <see cref="int.MaxValue"/>.</exception>
    public FloatBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, int.MaxValue);
        _length = (int)length;

        // Aligned by hand: the C library's aligned allocation does not fill the holes that earlier strips left.
        _block = NativeMemory.Alloc(((nuint)length * sizeof(float)) + Alignment);
        _data = (float*)(((nuint)_block + Alignment - 1) & ~(nuint)(Alignment - 1));
        Interlocked.Increment(ref s_outstanding);
        _scope?.Count(1, _length);
    }

    /// <summary>Buffers made and not yet disposed in this process: what a leak test compares before and after.</summary>
    public static long Outstanding => Interlocked.Read(ref s_outstanding);

    /// <summary>Number of floats.</summary>
    public int Length => _length;

    /// <inheritdoc/>
    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        return new Span<float>(_data, _length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return new MemoryHandle(_data + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>
    /// Gives the memory back. Safe to call more than once. There is no finalizer: it could free memory that a span still
    /// shows; a forgotten buffer is seen in <see cref="Outstanding"/>.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_data is null)
            return;
        NativeMemory.Free(_block);
        _block = null;
        _data = null;
        Interlocked.Decrement(ref s_outstanding);
        _scope?.Count(-1, _length);
    }

    /// <summary>From here on the buffer counts where it was handed to; null for nowhere.</summary>
    internal void MoveTo(BufferScope? scope)
    {
        _scope?.Count(-1, _length);
        _scope = scope;
        _scope?.Count(1, _length);
    }
}
