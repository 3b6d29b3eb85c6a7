namespace Upscale.Kernels;

/// <summary>
/// A view of numbers in the caller's memory, channels last: the value of channel c at row y and column x is at
/// <c>Data[y * RowStride + x * PixelStride + c]</c>. Some channels of a map, or some rows and columns, are a map again:
/// what is written there is concatenated without copying.
/// </summary>
/// <param name="Data">The first value.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Channels">Channels of a pixel.</param>
/// <param name="RowStride">Floats from one row to the next.</param>
/// <param name="PixelStride">Floats from one pixel to the next, at least <paramref name="Channels"/>.</param>
public readonly unsafe record struct FeatureMap(nint Data, int Height, int Width, int Channels, nint RowStride, nint PixelStride)
{
    /// <summary>A map whose values lie without gaps.</summary>
    /// <param name="data">At least height * width * channels floats.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">Channels.</param>
    public FeatureMap(float* data, int height, int width, int channels)
        : this((nint)data, height, width, channels, (nint)width * channels, channels)
    {
    }

    /// <summary>Channels <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
    public FeatureMap Slice(int first, int count)
        => first >= 0 && count >= 0 && first <= Channels - count
            ? this with { Data = (nint)((float*)Data + first), Channels = count }
            : throw new ArgumentOutOfRangeException(nameof(first), $"There are no channels {first} to {first + count - 1} in {Channels}.");

    /// <summary>A rectangle of the map.</summary>
    public FeatureMap Crop(int top, int left, int height, int width)
        => top >= 0 && left >= 0 && height >= 0 && width >= 0 && top <= Height - height && left <= Width - width
            ? this with { Data = (nint)At(top, left), Height = height, Width = width }
            : throw new ArgumentOutOfRangeException(nameof(top), $"{width}x{height} at {left}, {top} is not inside {Width}x{Height}.");

    /// <summary>Where the first channel of a pixel is.</summary>
    internal float* At(int y, int x) => (float*)Data + (y * RowStride) + (x * PixelStride);

    /// <summary>Refuses a map of another size.</summary>
    internal void Require(int height, int width, int channels, string name)
    {
        if (Height != height || Width != width || Channels != channels)
            throw new ArgumentException($"{Width}x{Height}x{Channels} instead of {width}x{height}x{channels}.", name);
    }
}
