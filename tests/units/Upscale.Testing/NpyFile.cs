using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Upscale.Testing;

/// <summary>An array from a NumPy .npy file (C order, little endian), its numbers as double.</summary>
public sealed partial record NpyFile(int[] Shape, string Type, double[] Values)
{
    /// <summary>The numbers as float32.</summary>
    public float[] ToFloats() => Array.ConvertAll(Values, v => (float)v);

    /// <summary>An array of height x width [x channels] as a picture, its numbers as they are.</summary>
    public Picture ToPicture()
    {
        var shape = new ImageShape(Shape[1], Shape[0], Shape.Length > 2 ? Shape[2] : 1);
        return Picture.Make(shape, (c, y, x) => (float)Values[(((y * shape.Width) + x) * shape.Channels) + c]);
    }

    /// <summary>Reads format versions 1 to 3 of types f2, f4, f8, u1, u2, i8 and b1.</summary>
    public static NpyFile Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < 10 || bytes[0] != 0x93 || Encoding.ASCII.GetString(bytes, 1, 5) != "NUMPY")
            throw new InvalidDataException($"{path} is not an .npy file.");
        int lengthSize = bytes[6] == 1 ? 2 : 4;
        int headerLength = lengthSize == 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8))
            : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        string header = Encoding.Latin1.GetString(bytes, 8 + lengthSize, headerLength);
        ReadOnlySpan<byte> data = bytes.AsSpan(8 + lengthSize + headerLength);
        if (header.Contains("'fortran_order': True", StringComparison.Ordinal))
            throw new InvalidDataException($"{path} is in Fortran order.");
        string type = TypePattern().Match(header).Groups[1].Value;
        int[] shape = [.. NumberPattern().Matches(ShapePattern().Match(header).Groups[1].Value).Select(m => int.Parse(m.Value))];
        double[] values = type switch
        {
            "<f2" => Convert<Half>(data, v => (double)v),
            "<f4" => Convert<float>(data, v => v),
            "<f8" => Convert<double>(data, v => v),
            "|u1" => Convert<byte>(data, v => v),
            "|b1" => Convert<byte>(data, v => v),
            "<u2" => Convert<ushort>(data, v => v),
            "<i8" => Convert<long>(data, v => v),
            _ => throw new InvalidDataException($"{path} has the type {type}."),
        };
        return new NpyFile(shape, type, values);
    }

    private static double[] Convert<T>(ReadOnlySpan<byte> data, Func<T, double> toDouble) where T : unmanaged
        => Array.ConvertAll(MemoryMarshal.Cast<byte, T>(data).ToArray(), v => toDouble(v));

    [GeneratedRegex("'descr': '([^']+)'")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex ShapePattern();

    [GeneratedRegex(@"\d+")]
    private static partial Regex NumberPattern();
}
