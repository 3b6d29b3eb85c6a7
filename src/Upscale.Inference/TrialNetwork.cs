using System.Text;

namespace Upscale.Inference;

/// <summary>
/// The smallest network that proves a device: y = Conv(x, 3x3 weights of 1), x of 1 x 1 x 4 x 4. For x of ones, y counts the
/// neighbours: 4 in the corners, 6 on the edges, 9 inside. Written field by field after
/// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
/// </summary>
internal static class TrialNetwork
{
    /// <summary>Width and height of input and output.</summary>
    public const int Size = 4;

    /// <summary>Name of the input.</summary>
    public const string Input = "x";

    /// <summary>Name of the output.</summary>
    public const string Output = "y";

    /// <summary>The ONNX file.</summary>
    public static byte[] ToOnnx()
    {
        byte[] pads = Join([.. Enumerable.Repeat(Number(8, 1), 4)]);
        byte[] attribute = Join(Text(1, "pads"), pads, Number(20, 7));
        byte[] node = Join(Text(1, Input), Text(1, "w"), Text(2, Output), Text(4, "Conv"), Message(5, attribute));
        byte[] ones = new byte[9 * sizeof(float)];
        for (int i = 0; i < 9; i++)
            BitConverter.TryWriteBytes(ones.AsSpan(i * sizeof(float)), 1f);
        byte[] weights = Join(Number(1, 1), Number(1, 1), Number(1, 3), Number(1, 3), Number(2, 1), Text(8, "w"), Message(9, ones));
        byte[] graph = Join(Message(1, node), Text(2, "g"), Message(5, weights), Message(11, Value(Input)), Message(12, Value(Output)));
        return Join(Number(1, 7), Message(7, graph), Message(8, Join(Text(1, ""), Number(2, 13))));
    }

    /// <summary>The right result for an input of ones.</summary>
    public static float Expected(int x, int y) => (x is 0 or Size - 1 ? 2 : 3) * (y is 0 or Size - 1 ? 2 : 3);

    private static byte[] Value(string name)
    {
        byte[] shape = Join([.. new[] { 1, 1, Size, Size }.Select(d => Message(1, Number(1, d)))]);
        byte[] tensor = Join(Number(1, 1), Message(2, shape));
        return Join(Text(1, name), Message(2, Message(1, tensor)));
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
