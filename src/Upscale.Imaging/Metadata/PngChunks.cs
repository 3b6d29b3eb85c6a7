using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Upscale.Imaging.Metadata;

/// <summary>What libvips does not tell of a PNG file, or not byte for byte (PNG specification, third edition, 5.3 and 11).</summary>
/// <param name="AnimationFrames">Frames that an acTL chunk declares; 1 without one.</param>
/// <param name="Colours">How samples are to be shown where the file has no colour profile: chunks for another PNG file.</param>
/// <param name="Texts">Texts but XMP and EXIF data, which may stand before or after the pixels.</param>
/// <param name="Exif">EXIF data; null for none.</param>
/// <param name="Xmp">The XMP packet; null for none.</param>
/// <param name="Resolution">Null for none.</param>
/// <param name="TextTooLong">True when texts were passed over for their length.</param>
internal sealed record PngChunks(
    int AnimationFrames, IReadOnlyList<PngChunk> Colours, IReadOnlyList<PngChunk> Texts, byte[]? Exif, byte[]? Xmp, Resolution? Resolution, bool TextTooLong)
{
    private const string XmpKeyword = "XML:com.adobe.xmp";
    private const int SignatureBytes = 8;
    private const int FrameBytes = 12;

    // A hostile file may hold millions of chunks, and much text.
    private const int MaxChunks = 1_000_000;
    private const int MaxKept = 10_000;
    private const int MaxTextBytes = 1 << 20;
    private const int MaxExifBytes = 16 << 20;
    private const int MaxBytes = 64 << 20;

    // Nobody writes more than some bytes into these, and MaxTextBytes is enough.
    private static readonly string[] s_colours = ["gAMA", "cHRM", "sRGB", "cICP", "mDCV", "cLLI"];

    // 45455 is 1/2.2, which pictures without this value are shown with as well.
    private const double UsualGamma = 45455;
    private const double GammaTolerance = 500;

    /// <summary>The value of gAMA times 100000 where nothing overrides it and it differs from what is usual; null otherwise.</summary>
    public uint? OddGamma
        => Colours.FirstOrDefault(c => c.Type == "gAMA") is { Data.Length: 4 } chunk && !Colours.Any(c => c.Type is "sRGB" or "cICP")
            && BinaryPrimitives.ReadUInt32BigEndian(chunk.Data) is var gamma && Math.Abs(gamma - UsualGamma) > GammaTolerance ? gamma : null;

    public static PngChunks Read(string path)
    {
        int frames = 1;
        bool profile = false;
        bool tooLong = false;
        List<PngChunk> colours = [];
        List<PngChunk> texts = [];
        byte[]? exif = null;
        byte[]? xmp = null;
        Resolution? resolution = null;
        using FileStream file = File.OpenRead(path);
        file.Position = SignatureBytes;
        byte[] head = new byte[8];
        long bytes = 0;
        for (int i = 0; i < MaxChunks && file.ReadAtLeast(head, 8, throwOnEndOfStream: false) == 8; i++)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
            string type = Encoding.Latin1.GetString(head, 4, 4);
            if (type == "IEND")
                break;
            profile |= type == "iCCP";
            bool text = type is "tEXt" or "zTXt" or "iTXt";
            bool wanted = text || type is "acTL" or "pHYs" or "eXIf" || s_colours.Contains(type);
            int most = type == "eXIf" ? MaxExifBytes : MaxTextBytes;
            tooLong |= text && length > most;
            if (!wanted || length > most || (bytes += length) > MaxBytes || texts.Count + colours.Count > MaxKept)
            {
                // A checksum of 4 bytes follows the data.
                file.Position += length + 4L;
                continue;
            }

            byte[] data = new byte[length];
            if (file.ReadAtLeast(data, data.Length, throwOnEndOfStream: false) != data.Length)
                break;
            file.Position += 4;
            PngChunk chunk = new(type, data);
            if (type == "acTL" && data.Length == 8)
                frames = (int)Math.Clamp(BinaryPrimitives.ReadUInt32BigEndian(data), 1, int.MaxValue);
            else if (type == "pHYs" && data is [.., 1] && data.Length == 9)
                resolution = InMetres(BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(4)));
            else if (type == "eXIf")
                exif = data;
            else if (text && chunk.Keyword == XmpKeyword)
                xmp ??= Text(chunk);
            else if (text && chunk.Keyword is not ("Raw profile type exif" or "Raw profile type APP1"))
                texts.Add(chunk);
            else if (s_colours.Contains(type))
                colours.Add(chunk);
        }

        // A profile overrides all of them but cICP and what belongs to it.
        if (profile)
            colours.RemoveAll(c => c.Type is "gAMA" or "cHRM" or "sRGB");
        return new PngChunks(frames, colours, texts, exif, xmp, resolution, tooLong);
    }

    /// <summary>The beginning of a file as libvips writes it, with all that belongs there and nothing of what libvips adds by itself.</summary>
    /// <param name="head">From the first byte on.</param>
    /// <param name="parcel">What to add.</param>
    /// <returns>Null as long as too little is there: the beginning ends with the first pixels.</returns>
    public static byte[]? Rewrite(ReadOnlySpan<byte> head, MetadataParcel parcel)
    {
        using MemoryStream stream = new();
        stream.Write(head[..Math.Min(head.Length, SignatureBytes)]);
        for (int at = SignatureBytes; at + 8 <= head.Length;)
        {
            string type = Encoding.Latin1.GetString(head.Slice(at + 4, 4));
            if (type == "IDAT")
            {
                stream.Write(head[at..]);
                return stream.ToArray();
            }

            long end = at + FrameBytes + (long)BinaryPrimitives.ReadUInt32BigEndian(head[at..]);
            if (end > head.Length)
                return null;
            if (type is not ("pHYs" or "tEXt" or "zTXt" or "iTXt" or "eXIf" or "tIME"))
                stream.Write(head[at..(int)end]);
            if (type == "IHDR")
                WriteAll(stream, parcel);
            at = (int)end;
        }

        return null;
    }

    /// <summary>Of the type and the data of a chunk (PNG specification, annex D).</summary>
    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint checksum = uint.MaxValue;
        foreach (byte b in data)
        {
            checksum ^= b;
            for (int bit = 0; bit < 8; bit++)
                checksum = (checksum & 1) == 1 ? 0xEDB88320 ^ (checksum >> 1) : checksum >> 1;
        }

        return ~checksum;
    }

    private static void WriteAll(MemoryStream stream, MetadataParcel parcel)
    {
        foreach (PngChunk chunk in parcel.PngColours)
            Write(stream, chunk);
        if (parcel.Resolution is { } resolution)
        {
            byte[] data = [0, 0, 0, 0, 0, 0, 0, 0, 1];
            BinaryPrimitives.WriteUInt32BigEndian(data, (uint)Math.Round(resolution.X));
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(4), (uint)Math.Round(resolution.Y));
            Write(stream, new PngChunk("pHYs", data));
        }

        if (parcel.Exif is { } exif)
            Write(stream, new PngChunk("eXIf", exif));
        if (parcel.Xmp is { } xmp)
            Write(stream, PngChunk.Text(XmpKeyword, xmp));
        foreach (PngChunk chunk in parcel.PngTexts)
            Write(stream, chunk);
    }

    private static void Write(MemoryStream stream, PngChunk chunk)
    {
        byte[] typed = [.. Encoding.Latin1.GetBytes(chunk.Type), .. chunk.Data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, chunk.Data.Length);
        stream.Write(number);
        stream.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(typed));
        stream.Write(number);
    }

    private static Resolution? InMetres(uint x, uint y) => x > 0 && y > 0 ? new Resolution(x, y, Metric: false) : null;

    // Keyword, 0, whether it is compressed, how, language, 0, keyword in that language, 0, text.
    private static byte[]? Text(PngChunk chunk)
    {
        ReadOnlySpan<byte> rest = chunk.Data.AsSpan(chunk.Keyword.Length + 1);
        if (chunk.Type != "iTXt")
            return chunk.Type == "tEXt" ? rest.ToArray() : Inflate(rest[1..]);
        if (rest.Length < 2)
            return null;
        bool compressed = rest[0] == 1;
        rest = rest[2..];
        for (int i = 0; i < 2; i++)
        {
            int end = rest.IndexOf((byte)0);
            if (end < 0)
                return null;
            rest = rest[(end + 1)..];
        }

        return compressed ? Inflate(rest) : rest.ToArray();
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> data)
    {
        try
        {
            using ZLibStream stream = new(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
            byte[] text = new byte[MaxExifBytes];
            int length = stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return length == text.Length ? null : text[..length];
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
