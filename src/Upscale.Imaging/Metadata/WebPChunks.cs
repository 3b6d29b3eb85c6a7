using System.Buffers.Binary;

namespace Upscale.Imaging.Metadata;

/// <summary>Puts EXIF data and XMP to the end of a WebP file (RFC 9649, 2.7).</summary>
internal static class WebPChunks
{
    private const byte ExifFlag = 8;
    private const byte XmpFlag = 4;

    /// <summary>What a saver is given as XMP so that it makes a file of the kind that holds metadata.</summary>
    public static byte[] Placeholder { get; } = [(byte)' '];

    /// <summary>Replaces the placeholder.</summary>
    /// <param name="path">A file with XMP as its last chunk.</param>
    /// <param name="exif">Null for none.</param>
    /// <param name="xmp">Null for none.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void Write(string path, byte[]? exif, byte[]? xmp)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] head = new byte[8];
        byte flags = 0;
        long flagsAt = 0;
        long at = 12;
        while (true)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8 || head.AsSpan().StartsWith("XMP "u8))
                break;
            if (head.AsSpan().StartsWith("VP8X"u8))
            {
                flagsAt = file.Position;
                flags = (byte)file.ReadByte();
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
            at += 8 + length + (length % 2);
        }

        file.SetLength(at);
        file.Position = at;
        Append(file, "EXIF"u8, exif);
        Append(file, "XMP "u8, xmp);
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)(file.Length - 8));
        file.Position = 4;
        file.Write(head.AsSpan(0, 4));
        file.Position = flagsAt;
        file.WriteByte((byte)((flags & ~(ExifFlag | XmpFlag)) | (exif is null ? 0 : ExifFlag) | (xmp is null ? 0 : XmpFlag)));
    }

    /// <summary>
    /// Writes how long each frame is shown: libvips makes 100 ms of 10 ms and less. A frame that equals the one before it is not in the file; its time is the other one's.
    /// </summary>
    /// <param name="path">A file that libvips made for these times.</param>
    /// <param name="delays">In milliseconds.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void SetTimes(string path, IReadOnlyList<int> delays)
    {
        const int Shortest = 10;
        const int InPlaceOfShorter = 100;
        const int TimeAt = 8 + 12;
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] head = new byte[TimeAt + 4];
        int next = 0;
        for (long at = 12; at < file.Length;)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < 8)
                return;
            if (head.AsSpan().StartsWith("ANMF"u8))
            {
                // 24 bits, beside 8 of flags.
                const uint Longest = 0xFFFFFF;
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(TimeAt));
                long written = word & Longest;
                long time = 0;
                for (; written > 0 && next < delays.Count; next++)
                {
                    written -= delays[next] <= Shortest ? InPlaceOfShorter : delays[next];
                    time += delays[next];
                }

                if (written != 0)
                    return;
                BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(TimeAt), (word & ~Longest) | (uint)Math.Min(time, Longest));
                file.Position = at + TimeAt;
                file.Write(head.AsSpan(TimeAt, 4));
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
            at += 8 + length + (length % 2);
        }
    }

    private static void Append(FileStream file, ReadOnlySpan<byte> type, byte[]? data)
    {
        if (data is null)
            return;
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, data.Length);
        file.Write(type);
        file.Write(length);
        file.Write(data);
        if (data.Length % 2 == 1)
            file.WriteByte(0);
    }
}
