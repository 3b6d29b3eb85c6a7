using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Upscale.Inference;

/// <summary>A protobuf message in the making: bytes, and ranges of files that are read only when all of it is put together.</summary>
internal sealed class OnnxPieces
{
    private const int BlockSize = 1 << 20;
    private readonly List<Piece> _pieces = [];

    /// <summary>Bytes of the whole.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes.</summary>
    public void Add(byte[] bytes) => Add(new Piece(bytes, "", 0, bytes.Length, false));

    /// <summary>Adds a range of a file as it is.</summary>
    public void Add(string path, long offset, long length) => Add(new Piece(null, path, offset, length, false));

    /// <summary>Adds a range of a file that holds float16 numbers, as float32.</summary>
    public void AddWidened(string path, long offset, long length) => Add(new Piece(null, path, offset, length, true));

    /// <summary>Adds a field that is a number.</summary>
    public void AddNumber(int field, int value) => Add([.. Varint(field << 3), .. Varint(value)]);

    /// <summary>Adds a field that is a message, or bytes.</summary>
    public void AddMessage(int field, OnnxPieces content)
    {
        Add([.. Varint((field << 3) | ProtobufReader.Bytes), .. Varint(content.Length)]);
        content._pieces.ForEach(Add);
    }

    /// <summary>Puts all together.</summary>
    /// <exception cref="IOException">A file is shorter than it was.</exception>
    public byte[] ToArray()
    {
        byte[] whole = GC.AllocateUninitializedArray<byte>(checked((int)Length));
        Dictionary<string, SafeFileHandle> files = [];
        try
        {
            int position = 0;
            foreach (Piece piece in _pieces)
            {
                Span<byte> target = whole.AsSpan(position, (int)piece.OutputLength);
                if (piece.Bytes is { } bytes)
                    bytes.CopyTo(target);
                else if (piece.Widened)
                    Widen(File(piece.Path), piece.Offset, target);
                else
                    Read(File(piece.Path), piece.Offset, target);
                position += target.Length;
            }
        }
        finally
        {
            foreach (SafeFileHandle file in files.Values)
                file.Dispose();
        }

        return whole;

        SafeFileHandle File(string path)
            => files.TryGetValue(path, out SafeFileHandle? file)
                ? file
                : files[path] = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
    }

    private static void Widen(SafeFileHandle file, long offset, Span<byte> target)
    {
        Span<float> numbers = MemoryMarshal.Cast<byte, float>(target);
        byte[] block = new byte[Math.Min(BlockSize, target.Length / 2)];
        for (int done = 0; done < numbers.Length;)
        {
            Span<byte> part = block.AsSpan(0, Math.Min(block.Length, (numbers.Length - done) * 2));
            Read(file, offset + (done * 2L), part);
            foreach (Half number in MemoryMarshal.Cast<byte, Half>(part))
                numbers[done++] = (float)number;
        }
    }

    private static void Read(SafeFileHandle file, long offset, Span<byte> target)
    {
        while (target.Length > 0)
        {
            int read = RandomAccess.Read(file, target, offset);
            if (read == 0)
                throw new EndOfStreamException("A file of the network is shorter than it was.");
            target = target[read..];
            offset += read;
        }
    }

    private static List<byte> Varint(long value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return bytes;
    }

    private void Add(Piece piece)
    {
        Length += piece.OutputLength;
        if (_pieces.Count > 0 && _pieces[^1] is var last && piece.Follows(last))
            _pieces[^1] = last with { Length = last.Length + piece.Length };
        else
            _pieces.Add(piece);
    }

    private readonly record struct Piece(byte[]? Bytes, string Path, long Offset, long Length, bool Widened)
    {
        public long OutputLength => Widened ? Length * 2 : Length;

        public bool Follows(Piece before)
            => Bytes is null && before.Bytes is null && !Widened && !before.Widened && Path == before.Path && Offset == before.Offset + before.Length;
    }
}
