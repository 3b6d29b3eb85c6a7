using System.Runtime.InteropServices;
using System.Text;

namespace Upscale.Inference.Tests;

/// <summary>Writes small ONNX files field by field, after https://github.com/onnx/onnx/blob/main/onnx/onnx.proto</summary>
internal static class OnnxBytes
{
    public const int F32 = 1, F16 = 10;

    public static byte[] Model(params byte[][] graph)
        => Join(Number(1, 8), Message(7, Join([Text(2, "g"), .. graph])), Message(8, Join(Text(1, ""), Number(2, 17))));

    public static byte[] Node(string type, string[] inputs, string[] outputs, params byte[][] attributes)
        => Message(1, Join([.. inputs.Select(i => Text(1, i)), .. outputs.Select(o => Text(2, o)), Text(4, type), .. attributes.Select(a => Message(5, a))]));

    public static byte[] Integer(string name, int value) => Join(Text(1, name), Number(3, value), Number(20, 2));

    /// <summary>As exporters that write the fields of an attribute in another order.</summary>
    public static byte[] IntegerBeforeName(string name, int value) => Join(Number(3, value), Number(20, 2), Text(1, name));

    public static byte[] TensorAttribute(string name, byte[] tensor) => Join(Text(1, name), Message(5, tensor), Number(20, 4));

    public static byte[] GraphAttribute(string name, params byte[][] graph) => Join(Text(1, name), Message(6, Join([Text(2, name), .. graph])), Number(20, 5));

    public static byte[] Initializer(byte[] tensor) => Message(5, tensor);

    public static byte[] Input(string name, int type, params int[] shape) => Message(11, Value(name, type, shape));

    public static byte[] Output(string name, int type, params int[] shape) => Message(12, Value(name, type, shape));

    public static byte[] ValueInfo(string name, int type, params int[] shape) => Message(13, Value(name, type, shape));

    /// <summary>Numbers of float16 as raw bytes.</summary>
    public static byte[] Halves(string name, int[] shape, params float[] values)
        => Join(Shape(shape), Number(2, F16), Text(8, name), Message(9, Bytes(Array.ConvertAll(values, v => (Half)v))));

    /// <summary>Numbers of float16 as whole numbers of the same bits, packed or one by one.</summary>
    public static byte[] HalfBits(string name, int[] shape, bool packed, params float[] values)
    {
        int[] bits = Array.ConvertAll(values, v => (int)BitConverter.HalfToUInt16Bits((Half)v));
        byte[] list = packed ? Message(5, Join([.. bits.Select(Varint)])) : Join([.. bits.Select(b => Number(5, b))]);
        return Join(Shape(shape), Number(2, F16), Text(8, name), list);
    }

    public static byte[] Floats(string name, int[] shape, params float[] values)
        => Join(Shape(shape), Number(2, F32), Text(8, name), Message(9, Bytes(values)));

    public static byte[] Booleans(string name, bool value) => Join(Number(2, 9), Text(8, name), Message(9, [(byte)(value ? 1 : 0)]));

    /// <summary>Numbers in another file.</summary>
    public static byte[] External(string name, int type, int[] shape, string file, int offset, int length)
        => Join(Shape(shape), Number(2, type), Text(8, name), Entry("location", file), Entry("offset", $"{offset}"), Entry("length", $"{length}"), Number(14, 1));

    public static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static byte[] Entry(string key, string value) => Message(13, Join(Text(1, key), Text(2, value)));

    private static byte[] Shape(int[] shape) => Join([.. shape.Select(d => Number(1, d))]);

    private static byte[] Value(string name, int type, int[] shape)
    {
        byte[] dimensions = Join([.. shape.Select(d => Message(1, d < 0 ? Text(2, "any") : Number(1, d)))]);
        return Join(Text(1, name), Message(2, Message(1, Join(Number(1, type), Message(2, dimensions)))));
    }

    private static byte[] Number(int field, int value) => Join(Varint(field << 3), Varint(value));

    private static byte[] Text(int field, string text) => Message(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int field, byte[] content) => Join(Varint((field << 3) | 2), Varint(content.Length), content);

    private static byte[] Varint(int value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(p => p)];
}
