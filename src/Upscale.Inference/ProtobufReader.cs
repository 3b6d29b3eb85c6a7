namespace Upscale.Inference;

/// <summary>
/// Walks the fields of protobuf messages in a stream without building objects, so that a file of gigabytes is looked through
/// in little memory. Every length is checked against the message around it.
/// Encoding: https://protobuf.dev/programming-guides/encoding/
/// </summary>
/// <param name="stream">Seekable, at the start of the outermost message.</param>
internal sealed class ProtobufReader(Stream stream)
{
    /// <summary>Wire type of variable-length integers.</summary>
    public const int Varint = 0;

    /// <summary>Wire type of texts, bytes, messages and packed numbers.</summary>
    public const int Bytes = 2;

    private const int Fixed64 = 1;
    private const int Fixed32 = 5;
    private const int MaxTextLength = 65_536;

    /// <summary>Where the next field begins, in bytes from the start of the stream.</summary>
    public long Position
    {
        get => stream.Position;
        set => stream.Position = value;
    }

    /// <summary>Reads the next field's number and wire type.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <param name="field">The number, at least 1.</param>
    /// <param name="wire">The wire type, 0..7.</param>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="InvalidDataException">The bytes are no protobuf.</exception>
    public bool Next(long end, out int field, out int wire)
    {
        field = 0;
        wire = 0;
        if (stream.Position >= end)
            return false;
        ulong tag = ReadVarint(end);
        if (tag > uint.MaxValue || tag >> 3 == 0)
            throw new InvalidDataException("A field has no valid number.");
        field = (int)(tag >> 3);
        wire = (int)(tag & 7);
        return true;
    }

    /// <summary>Reads an integer.</summary>
    public ulong ReadVarint(long end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int b = stream.Position < end ? stream.ReadByte() : -1;
            if (b < 0)
                throw new InvalidDataException("A number is cut off.");
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new InvalidDataException("A number is too long.");
    }

    /// <summary>Reads the length of a text, message or packed list and tells where it ends.</summary>
    public long Enter(int wire, long end)
    {
        if (wire != Bytes)
            throw new InvalidDataException("A field has the wrong type.");
        ulong length = ReadVarint(end);
        if (length > (ulong)(end - stream.Position))
            throw new InvalidDataException("A field is longer than the message around it.");
        return stream.Position + (long)length;
    }

    /// <summary>Reads a text.</summary>
    public string ReadText(int wire, long end)
    {
        long length = Enter(wire, end) - stream.Position;
        if (length > MaxTextLength)
            throw new InvalidDataException("A text is too long.");
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads an integer that is no list.</summary>
    public long ReadNumber(int wire, long end)
        => wire == Varint ? (long)ReadVarint(end) : throw new InvalidDataException("A field has the wrong type.");

    /// <summary>Reads a pair of texts.</summary>
    public void ReadEntry(long end, Dictionary<string, string> entries)
    {
        string key = "", value = "";
        while (Next(end, out int field, out int wire))
        {
            if (field == 1)
                key = ReadText(wire, end);
            else if (field == 2)
                value = ReadText(wire, end);
            else
                Skip(wire, end);
        }

        entries[key] = value;
    }

    /// <summary>Reads one integer, or all of a packed list, and hands each over.</summary>
    public void ReadNumbers(int wire, long end, Action<long> add)
    {
        if (wire == Varint)
        {
            add((long)ReadVarint(end));
            return;
        }

        long listEnd = Enter(wire, end);
        while (stream.Position < listEnd)
            add((long)ReadVarint(listEnd));
    }

    /// <summary>Passes over a field's value.</summary>
    public void Skip(int wire, long end)
    {
        long target = wire switch
        {
            Varint => ReadVarint(end) is var _ ? stream.Position : 0,
            Fixed64 => stream.Position + 8,
            Fixed32 => stream.Position + 4,
            Bytes => Enter(wire, end),
            _ => throw new InvalidDataException("A field has an unknown type."),
        };
        if (target > end)
            throw new InvalidDataException("A field is cut off.");
        stream.Position = target;
    }
}
