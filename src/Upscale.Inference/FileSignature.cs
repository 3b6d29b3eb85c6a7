using System.Buffers.Binary;
using System.Text;

namespace Upscale.Inference;

/// <summary>Tells by its first bytes what a file is that was given for a network and is none.</summary>
internal static class FileSignature
{
    /// <summary>Bytes that are enough to tell.</summary>
    public const int Length = 512;

    /// <summary>A half sentence such as "is a Git LFS pointer ...: download the real file", or null if it may be ONNX.</summary>
    public static string? Refusal(ReadOnlySpan<byte> head)
    {
        const string Export = "export it to ONNX";
        if (head.IsEmpty)
            return "is empty: get the file again";
        if (head.StartsWith("version https://git-lfs"u8))
            return "is a Git LFS pointer, not the network itself: download the real file, for instance with 'git lfs pull'";
        if (head.StartsWith("PK\x03\x04"u8))
            return head.IndexOf("data.pkl"u8) >= 0
                ? $"is a PyTorch checkpoint: {Export}"
                : $"is a zip archive: unpack it, or, if it is a PyTorch checkpoint, {Export}";
        if (head.Length > 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5)
            return $"is a Python pickle, as PyTorch checkpoints are: {Export}";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F']))
            return $"is a Keras (HDF5) file: {Export}";
        if (head.Length >= 8 && head[4..8].SequenceEqual("TFL3"u8))
            return $"is a TensorFlow Lite model: {Export}";
        if (head.Length >= 8 && head[4..8].SequenceEqual("ORTM"u8))
            return "is in ONNX Runtime's own format: give the ONNX file it was made from";
        if (head.StartsWith("GGUF"u8))
            return $"is a GGUF file: {Export}";
        if (head.Length > 9 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) < 1 << 28)
            return $"is a safetensors file, weights without a graph: {Export}";
        if (head.StartsWith("7767517"u8))
            return $"is an ncnn description: {Export}";
        if (IsText(head))
        {
            string start = Encoding.UTF8.GetString(head).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
            return start.StartsWith('<')
                ? "is a web page, perhaps saved instead of the download: get the file itself"
                : "is a text file, no network";
        }

        return null;
    }

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        foreach (byte b in head)
        {
            if (b is < 9 or (> 13 and < 32) or 127)
                return false;
        }

        return true;
    }
}
