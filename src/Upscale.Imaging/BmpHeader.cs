using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Upscale.Imaging;

/// <summary>What a BMP file says of its pixels ("Bitmap Storage" in Microsoft's reference of the Windows GDI). Packed pixels and 16-bit ones are refused.</summary>
internal sealed record BmpHeader
{
    // Every row costs some bytes of a table, though the file may be cut short after the first one.
    private const int MaxRows = 1 << 20;
    private const int FileHeaderBytes = 14;
    private const int CoreBytes = 12;
    private const int InfoBytes = 40;
    private const int V3Bytes = 56;
    private const int V5Bytes = 124;
    private const int EmbeddedProfile = 0x4D424544; // "MBED"
    private const int Rgb = 0;
    private const int BitFields = 3;
    private const int AlphaBitFields = 6;

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>Bits for each pixel: 1, 4, 8, 24 or 32.</summary>
    public required int Bits { get; init; }

    /// <summary>True when the first row of the file is the upper one.</summary>
    public required bool TopDown { get; init; }

    /// <summary>Where the first row of the file is.</summary>
    public required long PixelsAt { get; init; }

    /// <summary>From row to row.</summary>
    public required long RowBytes { get; init; }

    /// <summary>Red, green and blue, 0..255, for each index; empty where pixels are colours.</summary>
    public required byte[][] Palette { get; init; }

    /// <summary>Which byte of a pixel is red, green, blue and, if there is one, alpha.</summary>
    public required int[] Bytes { get; init; }

    /// <summary>Pixels in a metre; 0 where it is not told.</summary>
    public required (int X, int Y) PixelsInMetre { get; init; }

    /// <summary>Place and length of the colour profile; length 0 for none.</summary>
    public required (long At, int Length) Profile { get; init; }

    /// <summary>Reads the header.</summary>
    /// <param name="file">A file that begins with "BM".</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="whole">True when all pixels must be there.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageCorrupt"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>.</exception>
    public static BmpHeader Read(FileStream file, string path, bool whole)
    {
        byte[] head = new byte[FileHeaderBytes + V5Bytes];
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        int size = Number(FileHeaderBytes);
        if (size is not (CoreBytes or InfoBytes or 52 or V3Bytes or 108 or V5Bytes))
            throw Corrupt(path, string.Create(CultureInfo.InvariantCulture, $"its header of {size} bytes is of no known kind"));
        if (length < FileHeaderBytes + size)
            throw Corrupt(path, "the file ends before the picture does");
        bool core = size == CoreBytes;
        (int width, int height) = core ? (Half(18), Half(20)) : (Number(18), Number(22));
        int bits = Half(core ? 24 : 28);
        int packing = core ? Rgb : Number(30);
        if (packing is not (Rgb or BitFields or AlphaBitFields) || bits is not (1 or 4 or 8 or 24 or 32))
        {
            throw new UpscaleException(
                UpscaleErrorId.FormatNotSupported,
                string.Create(CultureInfo.InvariantCulture, $"'{path}' is a BMP picture of a kind that cannot be read (compression {packing}, {bits} bits for each pixel). Save it without compression, or as PNG."));
        }

        bool topDown = height < 0;
        height = Math.Abs(Math.Max(height, -int.MaxValue));
        if (width < 1 || height is < 1 or > MaxRows)
            throw Corrupt(path, string.Create(CultureInfo.InvariantCulture, $"it declares {width} x {height} pixels"));
        BmpHeader header = new()
        {
            Width = width,
            Height = height,
            Bits = bits,
            TopDown = topDown,
            PixelsAt = (uint)Number(10),
            RowBytes = (((long)width * bits) + 31) / 32 * 4,
            Palette = bits > 8 ? [] : ReadPalette(),
            Bytes = packing == Rgb || bits != 32 ? [2, 1, 0] : Masks(),
            PixelsInMetre = core ? (0, 0) : (Math.Max(0, Number(38)), Math.Max(0, Number(42))),
            Profile = size == V5Bytes && Number(70) == EmbeddedProfile ? (FileHeaderBytes + (long)(uint)Number(126), Math.Max(0, Number(130))) : (0, 0),
        };
        if (whole && header.PixelsAt + (header.RowBytes * height) > file.Length)
            throw Corrupt(path, "the file ends before the picture does");
        return header.Profile.At + header.Profile.Length <= file.Length ? header : header with { Profile = (0, 0) };

        int Number(int at) => BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(at));

        int Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(at));

        byte[][] ReadPalette()
        {
            int entry = core ? 3 : 4;
            int used = core ? 0 : Number(46);
            byte[] entries = new byte[entry * (used is < 1 || used > 1 << bits ? 1 << bits : used)];
            file.Position = FileHeaderBytes + size + (!core && packing == BitFields && size == InfoBytes ? 12 : 0);
            _ = file.ReadAtLeast(entries, entries.Length, throwOnEndOfStream: false);
            return [.. entries.Chunk(entry).Select(c => new[] { c[2], c[1], c[0] })];
        }

        int[] Masks()
        {
            bool alpha = (size >= V3Bytes || packing == AlphaBitFields) && Number(66) != 0;
            return [.. new[] { 54, 58, 62, 66 }.Take(alpha ? 4 : 3).Select(at => ByteOf((uint)Number(at)))];
        }

        int ByteOf(uint mask)
            => BitOperations.PopCount(mask) == 8 && BitOperations.TrailingZeroCount(mask) is var shift && shift % 8 == 0 && mask >> shift == 255
                ? shift / 8
                : throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"'{path}' is a BMP picture whose samples are not whole bytes, which cannot be read. Save it with 24 or 32 bits, or as PNG.");
    }

    private static UpscaleException Corrupt(string path, string why)
        => new(UpscaleErrorId.ImageCorrupt, $"'{path}' is no whole bmp file: {why}. Get a whole copy of the file.");
}
