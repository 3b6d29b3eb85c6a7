using System.Runtime.InteropServices;

namespace Upscale.Kernels;

/// <summary>Float32 numbers outside the garbage-collected heap, 64-byte aligned, zero at first.</summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    private const int Alignment = 64;
    private float* _data;

    /// <param name="length">Number of floats.</param>
    public AlignedMemory(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        nuint bytes = checked((nuint)length * sizeof(float));
        _data = (float*)NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(_data, bytes);
    }

    /// <summary>Gives the memory back where nobody did.</summary>
    ~AlignedMemory() => Free();

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>The first one.</summary>
    public float* Data => _data is not null ? _data : throw new ObjectDisposedException(nameof(AlignedMemory));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
