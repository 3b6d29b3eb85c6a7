namespace Upscale;

/// <summary>
/// A rectangle of a picture: planar float32, channel by channel, row by row (the layout NCHW of a network with N = 1).
/// </summary>
public sealed class Tile : IDisposable
{
    private readonly FloatBuffer _buffer;

    /// <summary>Makes a tile whose pixels are not cleared.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">Planes, at least 1.</param>
    public Tile(int width, int height, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        Width = width;
        Height = height;
        Channels = channels;
        _buffer = new FloatBuffer((long)width * height * channels);
    }

    /// <summary>Column of the picture that the tile's first column shows. May be negative where the tile reaches over the edge.</summary>
    public int X { get; set; }

    /// <summary>Row of the picture that the tile's first row shows. May be negative where the tile reaches over the edge.</summary>
    public int Y { get; set; }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Planes.</summary>
    public int Channels { get; }

    /// <summary>All planes: channel by channel, row by row.</summary>
    public Memory<float> Data => _buffer.Memory;

    /// <summary>One channel, row by row.</summary>
    /// <param name="channel">0 .. <see cref="Channels"/> - 1.</param>
    public Span<float> Plane(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)channel, (uint)Channels);
        return _buffer.GetSpan().Slice(channel * Width * Height, Width * Height);
    }

    /// <summary>One row of one channel.</summary>
    /// <param name="channel">0 .. <see cref="Channels"/> - 1.</param>
    /// <param name="y">Row of the tile, 0 .. <see cref="Height"/> - 1.</param>
    public Span<float> Row(int channel, int y) => Plane(channel).Slice(y * Width, Width);

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();
}
