using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// Lets libvips, which has no loader for BMP, read the pixels of a BMP file as those of an uncompressed TIFF file: a header that tells where each row is,
/// followed by the file as it is.
/// </summary>
internal static class BmpImage
{
    private const int FirstAt = 16;
    private const ushort Short = 3;
    private const ushort Long = 4;
    private const ushort Rational = 5;
    private const ushort Undefined = 7;
    private const ushort Long8 = 16;

    /// <summary>Loads a file for sequential access.</summary>
    /// <param name="path">Of a BMP file.</param>
    /// <param name="failOn">What is an error.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageCorrupt"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>.</exception>
    /// <exception cref="VipsException">The pixels cannot be read.</exception>
    public static Image Load(string path, Enums.FailOn failOn)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        SourceCustom source = new();
        try
        {
            BmpHeader header = BmpHeader.Read(file, path, failOn != Enums.FailOn.None);
            Connect(source, WriteTiff(header), file);
            using Image stored = Image.TiffloadSource(source, access: Enums.Access.Sequential, failOn: failOn);
            stored.OnPostClose += () =>
            {
                source.Dispose();
                file.Dispose();
            };
            if (header.Palette.Length > 0)
                return stored.Copy();
            Image[] bands = [.. header.Bytes.Select(b => stored.ExtractBand(b))];
            using Image joined = bands[0].Bandjoin(bands[1..]);
            foreach (Image band in bands)
                band.Dispose();
            return joined.Copy(interpretation: Enums.Interpretation.Srgb);
        }
        catch
        {
            source.Dispose();
            file.Dispose();
            throw;
        }
    }

    // Called by the native reader, one call at a time.
    private static void Connect(SourceCustom source, byte[] head, FileStream file)
    {
        long position = 0;
        source.OnRead += (buffer, length) =>
        {
            int count;
            if (position < head.Length)
            {
                count = (int)Math.Min(length, head.Length - position);
                Buffer.BlockCopy(head, (int)position, buffer, 0, count);
            }
            else
            {
                file.Position = position - head.Length;
                count = file.Read(buffer, 0, length);
            }

            position += count;
            return count;
        };
        source.OnSeek += (offset, origin) => position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => head.Length + file.Length + offset,
        };
    }

    // BigTIFF, as in TiffHeader. Every row is a strip.
    private static byte[] WriteTiff(BmpHeader header)
    {
        bool palette = header.Palette.Length > 0;
        int samples = palette ? 1 : header.Bits / 8;
        long stripBytes = (((long)header.Width * header.Bits) + 7) / 8;
        List<(ushort Tag, ushort Type, long Count, byte[] Value)> entries =
        [
            (256, Long, 1, Bytes(header.Width)),
            (257, Long, 1, Bytes(header.Height)),
            (258, Short, samples, [.. Enumerable.Repeat(new byte[] { (byte)(palette ? header.Bits : 8), 0 }, samples).SelectMany(b => b)]),
            (259, Short, 1, Bytes(1)),
            (262, Short, 1, Bytes(palette ? 3 : 2)),
            (273, Long8, header.Height, []),
            (277, Short, 1, Bytes(samples)),
            (278, Long, 1, Bytes(1)),
            (279, Long8, header.Height, [.. Enumerable.Repeat(Bytes(stripBytes), header.Height).SelectMany(b => b)]),
            (284, Short, 1, Bytes(1)),
        ];
        if (header.PixelsInMetre is { X: > 0, Y: > 0 } resolution)
        {
            entries.Add((282, Rational, 1, [.. Bytes(resolution.X)[..4], .. Bytes(100)[..4]]));
            entries.Add((283, Rational, 1, [.. Bytes(resolution.Y)[..4], .. Bytes(100)[..4]]));
            entries.Add((296, Short, 1, Bytes(3)));
        }

        if (palette)
            entries.Add((320, Short, 3L << header.Bits, [.. Enumerable.Range(0, 3 << header.Bits).SelectMany(i => Wide(header, i >> header.Bits, i & ((1 << header.Bits) - 1)))]));
        if (samples == 4)
            entries.Add((338, Short, 1, Bytes(header.Bytes.Length == 4 ? 2 : 0)));
        if (header.Profile.Length > 0)
            entries.Add((34675, Undefined, header.Profile.Length, []));

        long valuesAt = FirstAt + 8 + (entries.Count * 20L) + 8;
        int end = checked((int)(valuesAt + (16L * header.Height) + entries.Where(e => e.Tag == 320).Sum(e => e.Value.Length)));
        using MemoryStream values = new();
        using MemoryStream stream = new(end);
        using BinaryWriter writer = new(stream);
        writer.Write("II"u8);
        writer.Write((ushort)43);
        writer.Write((ushort)8);
        writer.Write((ushort)0);
        writer.Write((long)FirstAt);
        writer.Write((long)entries.Count);
        foreach ((ushort tag, ushort type, long count, byte[] value) in entries.OrderBy(e => e.Tag))
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(count);
            byte[] stored = tag == 273 ? RowPlaces(header, end) : value;
            if (tag == 34675)
            {
                writer.Write(end + header.Profile.At);
            }
            else if (stored.Length <= 8)
            {
                writer.Write([.. stored, .. new byte[8 - stored.Length]]);
            }
            else
            {
                writer.Write(valuesAt + values.Length);
                values.Write(stored);
            }
        }

        writer.Write(0L);
        values.WriteTo(stream);
        stream.SetLength(end);
        return stream.ToArray();
    }

    private static byte[] RowPlaces(BmpHeader header, long pixelsAt)
    {
        byte[] places = new byte[8L * header.Height];
        for (int y = 0; y < header.Height; y++)
            BitConverter.TryWriteBytes(places.AsSpan(8 * y), pixelsAt + header.PixelsAt + (header.RowBytes * (header.TopDown ? y : header.Height - 1 - y)));
        return places;
    }

    // TIFF's palettes have 16 bits; an index that the file's lacks is black.
    private static byte[] Wide(BmpHeader header, int channel, int index)
        => index < header.Palette.Length ? [header.Palette[index][channel], header.Palette[index][channel]] : [0, 0];

    private static byte[] Bytes(long value) => BitConverter.GetBytes(value);
}
