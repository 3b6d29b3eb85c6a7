using System.Buffers.Binary;
using System.Text;

namespace Upscale.Imaging.Metadata;

/// <summary>
/// Directories of a TIFF file or an EXIF block, read and written in either byte order (TIFF 6.0, section 2; BigTIFF design,
/// libtiff.gitlab.io/libtiff). What is written goes to the end; nothing that stands there is moved.
/// </summary>
internal sealed class TiffStructure
{
    private const ushort Version = 42;
    private const ushort BigVersion = 43;
    private const int MaxEntries = 4096;
    private const int MaxValueBytes = 64 << 20;
    private const int MaxDepth = 3;

    private readonly Stream _stream;
    private readonly bool _big;
    private readonly long? _pageAt;

    private TiffStructure(Stream stream, bool littleEndian, bool big, long? pageAt = null)
    {
        _stream = stream;
        _pageAt = pageAt;
        LittleEndian = littleEndian;
        _big = big;
    }

    /// <summary>True when numbers stand least byte first.</summary>
    public bool LittleEndian { get; }

    /// <summary>Where the first directory is, or that of the page which the structure was opened for.</summary>
    public long First
    {
        get => _pageAt ?? (long)ReadNumber(FirstAt, OffsetBytes);
        set => WriteNumber(FirstAt, (ulong)value, OffsetBytes);
    }

    private long FirstAt => _big ? 8 : 4;

    private int OffsetBytes => _big ? 8 : 4;

    private long HeaderBytes => FirstAt + OffsetBytes;

    private int CountBytes => _big ? 8 : 2;

    private int EntryBytes => _big ? 20 : 12;

    /// <summary>Looks at the header.</summary>
    /// <param name="stream">From its beginning; not owned.</param>
    /// <param name="pageAt">Where the directory of the page is that is read; null for the first.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static TiffStructure Open(Stream stream, long? pageAt = null)
    {
        byte[] head = new byte[4];
        stream.Position = 0;
        bool whole = stream.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4;
        bool little = head[0] == 'I';
        ushort version = little ? BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(2)) : BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2));
        return whole && head[0] == head[1] && head[0] is (byte)'I' or (byte)'M' && version is Version or BigVersion
            ? new TiffStructure(stream, little, version == BigVersion, pageAt)
            : throw new InvalidDataException("It has no TIFF header.");
    }

    /// <summary>
    /// The directories of a file that are pictures of their own: no smaller copies of others, and no masks of them. Null where they cannot be read; never empty.
    /// </summary>
    public static IReadOnlyList<TiffPage>? ListPages(string path)
    {
        const int Reduced = 1;
        const int Mask = 4;
        using FileStream file = File.OpenRead(path);
        try
        {
            TiffStructure tiff = Open(file);
            HashSet<long> seen = [];
            List<TiffPage> pages = [];
            for (long at = tiff.First; at != 0 && seen.Add(at);)
            {
                TiffDirectory directory = tiff.Read(at);
                if (directory.Find(TiffTag.NewSubfileType) is not { } kind || (tiff.Number(kind) & (Reduced | Mask)) == 0)
                    pages.Add(new TiffPage(seen.Count - 1, at));
                at = directory.Next;
            }

            return pages.Count > 0 ? pages : [new TiffPage(0, tiff.First)];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Header of a small structure with an empty first directory, in a given byte order.</summary>
    public static TiffStructure Create(Stream stream, bool littleEndian)
    {
        TiffStructure made = new(stream, littleEndian, big: false);
        stream.Write(littleEndian ? "II"u8 : "MM"u8);
        made.WriteNumber(2, Version, 2);
        made.WriteNumber(4, 8, 4);
        made.WriteNumber(8, 0, 2);
        made.WriteNumber(10, 0, 4);
        return made;
    }

    /// <summary>The directory at an offset.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public TiffDirectory Read(long offset)
    {
        if (offset < HeaderBytes)
            throw new InvalidDataException("A directory lies in the header.");
        ulong count = ReadNumber(offset, CountBytes);
        if (count > MaxEntries)
            throw new InvalidDataException($"A directory has {count} entries.");
        List<TiffEntry> entries = [];
        long at = offset + CountBytes;
        for (ulong i = 0; i < count; i++, at += EntryBytes)
        {
            byte[] value = Bytes(at + 4 + OffsetBytes, OffsetBytes);
            TiffEntry entry = new((ushort)ReadNumber(at, 2), (ushort)ReadNumber(at + 2, 2), (long)ReadNumber(at + 4, OffsetBytes), value, at);
            if (entry.Count is >= 0 and <= int.MaxValue && !entries.Exists(e => e.Tag == entry.Tag))
                entries.Add(entry);
        }

        return new TiffDirectory(entries, (long)ReadNumber(at, OffsetBytes));
    }

    /// <summary>The directory that a field points to; null where it points nowhere.</summary>
    public TiffDirectory? Follow(TiffEntry entry) => Find((long)Number(entry));

    /// <summary>The directory at an offset; null where there is none.</summary>
    public TiffDirectory? Find(long offset)
    {
        try
        {
            return Read(offset);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The first number of a field without sign; 0 where it cannot be read.</summary>
    public ulong Number(TiffEntry entry)
    {
        try
        {
            return Decode(Value(entry).AsSpan(0, Math.Min(TiffType.UnitOf(entry.Type), (int)entry.Bytes)));
        }
        catch (InvalidDataException)
        {
            return 0;
        }
    }

    /// <summary>All numbers of a field without sign.</summary>
    /// <exception cref="InvalidDataException">They cannot be read.</exception>
    public long[] Numbers(TiffEntry entry)
    {
        byte[] value = Value(entry);
        int bytes = TiffType.BytesOf(entry.Type);
        return [.. Enumerable.Range(0, (int)entry.Count).Select(i => (long)Decode(value.AsSpan(i * bytes, bytes)))];
    }

    /// <summary>The first rational of a field; null where it is none.</summary>
    public double? Ratio(TiffEntry? entry)
    {
        if (entry is not { Type: TiffType.Rational, Count: >= 1 })
            return null;
        byte[] value = Value(entry);
        return (double)Decode(value.AsSpan(0, 4)) / Decode(value.AsSpan(4, 4));
    }

    /// <summary>All values of a field, in the byte order of the structure.</summary>
    /// <exception cref="InvalidDataException">They lie outside, or their type is unknown.</exception>
    public byte[] Value(TiffEntry entry)
        => entry.Bytes is <= 0 or > MaxValueBytes ? throw new InvalidDataException($"Field {entry.Tag} has no value.")
            : entry.Inline ? entry.Value[..(int)entry.Bytes]
            : Bytes((long)Decode(entry.Value), (int)entry.Bytes);

    /// <summary>Where the values of a field lie that do not fit into its entry.</summary>
    public long ValueAt(TiffEntry entry) => (long)Decode(entry.Value);

    /// <summary>A field with values that are written to the end where they do not fit into the entry.</summary>
    /// <param name="tag">What it is.</param>
    /// <param name="type">Of the values.</param>
    /// <param name="value">In the byte order of the structure.</param>
    public TiffEntry Make(ushort tag, ushort type, byte[] value)
    {
        byte[] inline = new byte[OffsetBytes];
        if (value.Length <= OffsetBytes)
        {
            value.CopyTo(inline, 0);
        }
        else
        {
            Encode((ulong)MoveToEvenEnd(), inline);
            _stream.Write(value);
        }

        return new TiffEntry(tag, type, value.Length / TiffType.BytesOf(type), inline, -1);
    }

    /// <summary>A field with one number of 16 bits.</summary>
    public TiffEntry Short(ushort tag, int value) => Make(tag, TiffType.Short, Encode((ulong)value, new byte[2]));

    /// <summary>A field with one number of 32 bits.</summary>
    public TiffEntry Long(ushort tag, int value) => Make(tag, TiffType.Long, Encode((ulong)value, new byte[4]));

    /// <summary>A field with places in the structure.</summary>
    public TiffEntry Offsets(ushort tag, IEnumerable<long> places)
        => Make(tag, _big ? TiffType.Long8 : TiffType.Long, [.. places.SelectMany(place => Encode((ulong)place, new byte[OffsetBytes]))]);

    /// <summary>A field with one number over 0, as exactly as a fraction of three decimals is.</summary>
    public TiffEntry Ratio(ushort tag, double value)
    {
        // What was a whole number before it was converted shall be one again.
        double whole = Math.Round(value);
        (double numerator, double denominator) = Math.Abs(value - whole) < 0.005 ? (whole, 1) : (Math.Round(value * 1000), 1000);
        return Make(tag, TiffType.Rational, [.. Encode((ulong)numerator, new byte[4]), .. Encode((ulong)denominator, new byte[4])]);
    }

    /// <summary>A field with a text.</summary>
    /// <param name="tag">What it is.</param>
    /// <param name="text">ASCII.</param>
    public TiffEntry Text(ushort tag, string text) => Make(tag, TiffType.Ascii, [.. Encoding.ASCII.GetBytes(text), 0]);

    /// <summary>A field of another structure with all that it points to; null where that cannot be read.</summary>
    public TiffEntry? Copy(TiffStructure from, TiffEntry entry, int depth = 0)
    {
        try
        {
            if (!TiffTag.IsDirectory(entry.Tag))
                return Make(entry.Tag, entry.Type, Swapped(from.Value(entry), LittleEndian == from.LittleEndian ? 1 : TiffType.UnitOf(entry.Type)));
            if (depth == MaxDepth || from.Follow(entry) is not { } directory)
                return null;
            List<TiffEntry> copies = [.. directory.Entries.Select(e => Copy(from, e, depth + 1)).OfType<TiffEntry>()];
            long at = Append(new TiffDirectory(copies, 0));
            return Offsets(entry.Tag, [at]);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Writes a directory to the end.</summary>
    /// <returns>Where.</returns>
    public long Append(TiffDirectory directory)
    {
        long at = MoveToEvenEnd();
        WriteNumber(at, (ulong)directory.Entries.Count, CountBytes);
        foreach (TiffEntry entry in directory.Entries.OrderBy(e => e.Tag))
            Write(entry, _stream.Position);
        WriteNumber(_stream.Position, (ulong)directory.Next, OffsetBytes);
        return at;
    }

    /// <summary>Lets one directory be the next after another one.</summary>
    /// <param name="directoryAt">Where the one is.</param>
    /// <param name="nextAt">Where the other one is.</param>
    public void Link(long directoryAt, long nextAt)
        => WriteNumber(directoryAt + CountBytes + ((long)ReadNumber(directoryAt, CountBytes) * EntryBytes), (ulong)nextAt, OffsetBytes);

    /// <summary>Puts a field into the place of another one that stands in the structure.</summary>
    public void Replace(TiffEntry old, TiffEntry entry) => Write(entry, old.Position);

    /// <summary>The end of everything that a directory holds or points to.</summary>
    public long End(TiffDirectory directory, int depth = 0)
    {
        long end = HeaderBytes;
        foreach (TiffEntry entry in directory.Entries)
        {
            end = Math.Max(end, entry.Position + EntryBytes + OffsetBytes);
            if (!entry.Inline)
                end = Math.Max(end, ValueAt(entry) + entry.Bytes);
            if (TiffTag.IsDirectory(entry.Tag) && depth < MaxDepth && Follow(entry) is { } below)
                end = Math.Max(end, End(below, depth + 1));
        }

        return end;
    }

    /// <summary>Overwrites the fields of a directory with zeros.</summary>
    /// <param name="directory">As read.</param>
    /// <param name="values">True for the values as well that lie elsewhere.</param>
    public void Wipe(TiffDirectory directory, bool values)
    {
        foreach (TiffEntry entry in directory.Entries)
        {
            if (values && !entry.Inline)
                Wipe(ValueAt(entry), entry.Bytes);
            Wipe(entry.Position, EntryBytes);
        }
    }

    /// <summary>Overwrites bytes with zeros; does nothing where they are not all there, or are the header.</summary>
    public void Wipe(long at, long bytes)
    {
        if (at < HeaderBytes || bytes < 0 || at > _stream.Length - bytes)
            return;
        _stream.Position = at;
        _stream.Write(new byte[bytes]);
    }

    private static byte[] Swapped(byte[] value, int unit)
    {
        for (int i = 0; i + unit <= value.Length && unit > 1; i += unit)
            value.AsSpan(i, unit).Reverse();
        return value;
    }

    private void Write(TiffEntry entry, long at)
    {
        WriteNumber(at, entry.Tag, 2);
        WriteNumber(at + 2, entry.Type, 2);
        WriteNumber(at + 4, (ulong)entry.Count, OffsetBytes);
        _stream.Write(entry.Value);
    }

    private long MoveToEvenEnd()
    {
        _stream.Position = _stream.Length;
        if (_stream.Position % 2 == 1)
            _stream.WriteByte(0);
        return _stream.Position;
    }

    private ulong ReadNumber(long at, int bytes) => Decode(Bytes(at, bytes));

    private void WriteNumber(long at, ulong value, int bytes)
    {
        _stream.Position = at;
        _stream.Write(Encode(value, new byte[bytes]));
    }

    private byte[] Bytes(long at, int count)
    {
        if (at < 0 || at > _stream.Length - count)
            throw new InvalidDataException("It points outside itself.");
        byte[] bytes = new byte[count];
        _stream.Position = at;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private ulong Decode(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
            value = (value << 8) | bytes[LittleEndian ? bytes.Length - 1 - i : i];
        return value;
    }

    private byte[] Encode(ulong value, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++, value >>= 8)
            bytes[LittleEndian ? i : bytes.Length - 1 - i] = (byte)value;
        return bytes;
    }
}
