using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Upscale.Inference;

/// <summary>Between the tiles of this program (planar float32 RGB, 0..1) and the tensors that a graph wants.</summary>
internal static class TensorCodec
{
    public const string Float32 = "float32";
    public const string Float16 = "float16";
    public const string Float64 = "float64";
    public const string UInt8 = "uint8";

    /// <summary>The name of a number type; null for one that pictures do not come in.</summary>
    public static string? TypeName(TensorElementType type) => type switch
    {
        TensorElementType.Float => Float32,
        TensorElementType.Float16 => Float16,
        TensorElementType.Double => Float64,
        TensorElementType.UInt8 => UInt8,
        _ => null,
    };

    /// <summary>The native number type.</summary>
    public static TensorElementType ElementType(string type) => type switch
    {
        Float32 => TensorElementType.Float,
        Float16 => TensorElementType.Float16,
        Float64 => TensorElementType.Double,
        UInt8 => TensorElementType.UInt8,
        _ => throw new ArgumentException($"There is no number type '{type}'.", nameof(type)),
    };

    /// <summary>Bytes of one number.</summary>
    public static int SizeOf(string type) => type switch { Float32 => 4, Float16 => 2, Float64 => 8, _ => 1 };

    /// <summary>The dimensions of a tensor.</summary>
    public static long[] Shape(TensorFormat format, int channels, int height, int width)
        => IsPlanar(format) ? [format.Batch, channels, height, width] : [format.Batch, height, width, channels];

    /// <summary>True when a tensor of this type is a tile's memory as it is.</summary>
    public static bool IsDirect(TensorFormat format, string type)
        => type == Float32 && IsPlanar(format) && format.White == 1 && !format.Bgr && format.Batch == 1;

    /// <summary>Writes a tile as the graph wants it, in every place of the batch.</summary>
    public static void Pack(Tile tile, Span<byte> tensor, TensorFormat format)
    {
        switch (format.InputType)
        {
            case Float16:
                Pack<Half, HalfNumber>(tile, tensor, format);
                break;
            case Float64:
                Pack<double, DoubleNumber>(tile, tensor, format);
                break;
            case UInt8:
                Pack<byte, ByteNumber>(tile, tensor, format with { White = byte.MaxValue });
                break;
            default:
                Pack<float, FloatNumber>(tile, tensor, format);
                break;
        }
    }

    /// <summary>Reads the first picture of the batch into a tile.</summary>
    public static void Unpack(ReadOnlySpan<byte> tensor, Tile tile, TensorFormat format)
    {
        switch (format.OutputType)
        {
            case Float16:
                Unpack<Half, HalfNumber>(tensor, tile, format);
                break;
            case Float64:
                Unpack<double, DoubleNumber>(tensor, tile, format);
                break;
            case UInt8:
                Unpack<byte, ByteNumber>(tensor, tile, format with { White = byte.MaxValue });
                break;
            default:
                Unpack<float, FloatNumber>(tensor, tile, format);
                break;
        }
    }

    private static bool IsPlanar(TensorFormat format) => format.Layout == "NCHW";

    private static int Channel(int channel, int channels, bool bgr) => bgr && channels >= 3 && channel < 3 ? 2 - channel : channel;

    private static void Pack<T, TNumber>(Tile tile, Span<byte> tensor, TensorFormat format)
        where T : unmanaged
        where TNumber : ITensorNumber<T>
    {
        Span<T> numbers = MemoryMarshal.Cast<byte, T>(tensor);
        int pixels = tile.Width * tile.Height, stride = IsPlanar(format) ? 1 : tile.Channels;
        for (int c = 0; c < tile.Channels; c++)
        {
            ReadOnlySpan<float> plane = tile.Plane(c);
            int place = Channel(c, tile.Channels, format.Bgr);
            int at = IsPlanar(format) ? place * pixels : place;
            foreach (float value in plane)
            {
                numbers[at] = TNumber.Store(value * format.White);
                at += stride;
            }
        }

        int length = pixels * tile.Channels;
        for (int i = 1; i < format.Batch; i++)
            numbers[..length].CopyTo(numbers[(i * length)..]);
    }

    private static void Unpack<T, TNumber>(ReadOnlySpan<byte> tensor, Tile tile, TensorFormat format)
        where T : unmanaged
        where TNumber : ITensorNumber<T>
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(tensor);
        int pixels = tile.Width * tile.Height, stride = IsPlanar(format) ? 1 : tile.Channels;
        float scale = 1 / format.White;
        for (int c = 0; c < tile.Channels; c++)
        {
            Span<float> plane = tile.Plane(c);
            int place = Channel(c, tile.Channels, format.Bgr);
            int at = IsPlanar(format) ? place * pixels : place;
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i] = TNumber.Load(numbers[at]) * scale;
                at += stride;
            }
        }
    }

    private readonly struct FloatNumber : ITensorNumber<float>
    {
        public static float Store(float value) => value;

        public static float Load(float value) => value;
    }

    private readonly struct DoubleNumber : ITensorNumber<double>
    {
        public static double Store(float value) => value;

        public static float Load(double value) => (float)value;
    }

    private readonly struct HalfNumber : ITensorNumber<Half>
    {
        public static Half Store(float value) => (Half)value;

        public static float Load(Half value) => (float)value;
    }

    private readonly struct ByteNumber : ITensorNumber<byte>
    {
        public static byte Store(float value) => (byte)(Math.Clamp(value, 0f, 255f) + 0.5f);

        public static float Load(byte value) => value;
    }
}
