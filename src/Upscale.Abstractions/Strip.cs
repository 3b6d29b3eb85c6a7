namespace Upscale;

/// <summary>
/// Some rows of a picture, all columns: planar float32, values nominally 0..1 (sRGB-encoded unless a stage says otherwise),
/// never clipped between stages. Whoever receives a strip disposes it.
/// </summary>
public sealed class Strip : IDisposable
{
    private readonly FloatBuffer _buffer;

    /// <summary>Makes a strip whose pixels are not cleared.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="channels">Planes, at least 1.</param>
    /// <param name="top">Row of the picture that the strip begins with, at least 0.</param>
    /// <param name="height">Rows, at least 1.</param>
    public Strip(int width, int channels, int top, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        Width = width;
        Channels = channels;
        Top = top;
        Height = height;
        _buffer = new FloatBuffer((long)width * channels * height);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Planes.</summary>
    public int Channels { get; }

    /// <summary>First row, counted from the top of the picture.</summary>
    public int Top { get; }

    /// <summary>Rows in the strip.</summary>
    public int Height { get; }

    /// <summary>The row after the last one.</summary>
    public int Bottom => Top + Height;

    /// <summary>One row of one channel.</summary>
    /// <param name="channel">0 .. <see cref="Channels"/> - 1.</param>
    /// <param name="y">Row of the picture, <see cref="Top"/> .. <see cref="Bottom"/> - 1.</param>
    public Span<float> Row(int channel, int y)
    {
        if ((uint)(y - Top) >= (uint)Height)
            throw new ArgumentOutOfRangeException(nameof(y), y, $"The strip holds rows {Top} to {Bottom - 1}.");
        return Plane(channel).Slice((y - Top) * Width, Width);
    }

    /// <summary>All rows of one channel, one after the other.</summary>
    /// <param name="channel">0 .. <see cref="Channels"/> - 1.</param>
    public Span<float> Plane(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)channel, (uint)Channels);
        return _buffer.GetSpan().Slice(channel * Height * Width, Height * Width);
    }

    /// <summary>All planes: channel by channel, row by row.</summary>
    public Memory<float> Data => _buffer.Memory;

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <inheritdoc cref="FloatBuffer.MoveTo"/>
    internal void MoveTo(BufferScope? scope) => _buffer.MoveTo(scope);
}
