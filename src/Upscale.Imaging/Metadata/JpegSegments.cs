using System.Buffers.Binary;

namespace Upscale.Imaging.Metadata;

/// <summary>Segments of a JPEG file before the pixels (ITU-T T.81, annex B; JFIF 1.02; XMP Specification Part 3, 1.1.3).</summary>
/// <param name="Comments">As they stand.</param>
/// <param name="Photoshop">Image resources put together; empty for none.</param>
/// <param name="ExtendedXmp">What does not fit into the XMP packet: contents of segments.</param>
/// <param name="Resolution">Of the JFIF header; null for none.</param>
internal sealed record JpegSegments(IReadOnlyList<byte[]> Comments, byte[] Photoshop, IReadOnlyList<byte[]> ExtendedXmp, Resolution? Resolution)
{
    private const byte App0 = 0xE0;
    private const byte App1 = 0xE1;
    private const byte App13 = 0xED;
    private const byte Comment = 0xFE;
    private const byte StartOfScan = 0xDA;

    // A segment tells its length, with the two bytes for it, in two bytes.
    private const int MaxContent = 65_533;

    // A hostile file may hold millions of segments.
    private const int MaxSegments = 10_000;
    private const int MaxBytes = 64 << 20;

    private static ReadOnlySpan<byte> ExifName => "Exif\0\0"u8;

    private static ReadOnlySpan<byte> XmpName => "http://ns.adobe.com/xap/1.0/\0"u8;

    private static ReadOnlySpan<byte> ExtendedXmpName => "http://ns.adobe.com/xmp/extension/\0"u8;

    private static ReadOnlySpan<byte> PhotoshopName => "Photoshop 3.0\0"u8;

    public static JpegSegments Read(string path)
    {
        List<byte[]> comments = [];
        List<byte[]> extended = [];
        using MemoryStream photoshop = new();
        Resolution? resolution = null;
        using FileStream file = File.OpenRead(path);
        file.Position = 2;
        byte[] head = new byte[4];
        int bytes = 0;
        for (int i = 0; i < MaxSegments && bytes < MaxBytes && file.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4; i++)
        {
            byte marker = head[1];
            int length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)) - 2;
            if (head[0] != 0xFF || marker == StartOfScan || length < 0)
                break;
            if (marker is not (App0 or App1 or App13 or Comment))
            {
                file.Position += length;
                continue;
            }

            byte[] content = new byte[length];
            bytes += length;
            if (file.ReadAtLeast(content, length, throwOnEndOfStream: false) != length)
                break;
            if (marker == Comment)
                comments.Add(content);
            else if (marker == App1 && content.AsSpan().StartsWith(ExtendedXmpName))
                extended.Add(content);
            else if (marker == App13 && content.AsSpan().StartsWith(PhotoshopName))
                photoshop.Write(content.AsSpan(PhotoshopName.Length));
            else if (marker == App0 && length >= 12 && content.AsSpan().StartsWith("JFIF\0"u8))
                resolution = Metadata.Resolution.From(BinaryPrimitives.ReadUInt16BigEndian(content.AsSpan(8)), BinaryPrimitives.ReadUInt16BigEndian(content.AsSpan(10)), content[7] + 1);
        }

        return new JpegSegments(comments, photoshop.ToArray(), extended, resolution);
    }

    /// <summary>The beginning of a file as libvips writes it, with all that belongs there.</summary>
    /// <param name="head">From the first byte on.</param>
    /// <param name="parcel">What to add.</param>
    /// <returns>Null as long as too little is there.</returns>
    public static byte[]? Rewrite(ReadOnlySpan<byte> head, MetadataParcel parcel)
    {
        if (head.Length < 6)
            return null;
        int rest = 2;
        if (head[3] == App0)
            rest += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[4..]);
        if (head.Length < rest)
            return null;
        using MemoryStream stream = new();
        stream.Write(head[..2]);
        WriteJfif(stream, parcel.Resolution);
        if (parcel.Exif is { } exif)
            Write(stream, App1, ExifName, exif);
        if (parcel.Xmp is { } xmp)
            Write(stream, App1, XmpName, xmp);
        foreach (byte[] content in parcel.ExtendedXmp)
            Write(stream, App1, [], content);
        for (int at = 0; at < parcel.Photoshop.Length; at += MaxContent - PhotoshopName.Length)
            Write(stream, App13, PhotoshopName, parcel.Photoshop.AsSpan(at, Math.Min(MaxContent - PhotoshopName.Length, parcel.Photoshop.Length - at)));
        foreach (byte[] comment in parcel.Comments)
            Write(stream, Comment, [], comment);
        stream.Write(head[rest..]);
        return stream.ToArray();
    }

    /// <summary>True when EXIF data of this length fits.</summary>
    public static bool HoldsExif(int length) => length <= MaxContent - ExifName.Length;

    /// <summary>True when an XMP packet of this length fits.</summary>
    public static bool HoldsXmp(int length) => length <= MaxContent - XmpName.Length;

    private static void WriteJfif(MemoryStream stream, Resolution? resolution)
    {
        // Units: 0 is none, with the shape of a pixel.
        byte[] content = [.. "JFIF\0"u8, 1, 2, 0, 0, 1, 0, 1, 0, 0];
        if (resolution is { } known)
        {
            // Whole numbers only: in inches, unless the file counts in centimetres and has whole numbers of them.
            if (known.Metric && (known.InUnit.X % 1 != 0 || known.InUnit.Y % 1 != 0))
                known = known with { Metric = false };
            content[7] = (byte)(known.Unit - 1);
            BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(8), Whole(known.InUnit.X));
            BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(10), Whole(known.InUnit.Y));
        }

        Write(stream, App0, [], content);

        static ushort Whole(double value) => (ushort)Math.Clamp(Math.Round(value), 1, ushort.MaxValue);
    }

    private static void Write(MemoryStream stream, byte marker, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> start = [0xFF, marker, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(start[2..], (ushort)(2 + name.Length + content.Length));
        stream.Write(start);
        stream.Write(name);
        stream.Write(content);
    }
}
