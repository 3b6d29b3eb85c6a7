namespace Upscale;

/// <summary>
/// Counts the buffers of one stage: those that are made while it works, and those that it is handed; no more those that it hands on. What
/// is left when the stage has ended was forgotten.
/// </summary>
internal sealed class BufferScope
{
    // Follows the work of a stage from thread to thread; the stages of several pictures work at the same time.
    private static readonly AsyncLocal<BufferScope?> s_current = new();
    private long _buffers;
    private long _bytes;

    /// <summary>The scope that buffers made here and now belong to; null for none.</summary>
    public static BufferScope? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Buffers that were not given back so far.</summary>
    public long Buffers => Interlocked.Read(ref _buffers);

    /// <summary>Their size in bytes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <param name="buffers">1 for one more, -1 for one less.</param>
    /// <param name="length">Its floats.</param>
    public void Count(int buffers, long length)
    {
        Interlocked.Add(ref _buffers, buffers);
        Interlocked.Add(ref _bytes, buffers * length * sizeof(float));
    }
}
