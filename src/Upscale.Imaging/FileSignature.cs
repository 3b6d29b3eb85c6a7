using System.Text;

namespace Upscale.Imaging;

/// <summary>What a file is by its first bytes. The loader is chosen by this alone, so that no other loader ever sees a user's file.</summary>
/// <param name="Format">The picture format, or null for everything that is not read.</param>
/// <param name="Description">What it seems to be, for a message: "an SVG drawing".</param>
internal sealed record FileSignature(ImageFormat? Format, string Description)
{
    private const int HeadLength = 4096;

    // Signatures are Latin-1: one char is one byte.
    private static readonly (string Bytes, string Description)[] s_others =
    [
        ("%PDF", "a PDF document"),
        ("8BPS", "a Photoshop document"),
        ("\u00ff\u000a", "a JPEG XL picture"),
        ("\u0000\u0000\u0000\u000cJXL ", "a JPEG XL picture"),
        ("\u0000\u0000\u0000\u000cjP  ", "a JPEG 2000 picture"),
        ("\u00ff\u004f\u00ff\u0051", "a JPEG 2000 picture"),
        ("\u0000\u0000\u0001\u0000", "a Windows icon"),
        ("\u0076\u002f\u0031\u0001", "an OpenEXR picture"),
        ("#?RADIANCE", "a Radiance HDR picture"),
        ("PK\u0003\u0004", "a ZIP archive"),
        ("DDS ", "a DDS texture"),
    ];

    /// <summary>Opens the file and looks at its beginning.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileNotFound"/>, <see cref="UpscaleErrorId.FileOpenFailed"/>.</exception>
    public static FileSignature Read(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"'{path}' is a folder, not a picture.");
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            byte[] head = new byte[HeadLength];
            int length = file.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
            return Recognise(head.AsSpan(0, length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UpscaleException(UpscaleErrorId.FileNotFound, $"There is no file '{path}'.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"'{path}' cannot be opened: access is denied. Check the rights of the file and its folder.", e);
        }
        catch (IOException e)
        {
            throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"'{path}' cannot be opened: {e.Message}", e);
        }
    }

    private static FileSignature Recognise(ReadOnlySpan<byte> head)
    {
        if (head.Length == 0)
            return new FileSignature(null, "an empty file");
        string text = Encoding.Latin1.GetString(head);
        if (text.StartsWith("\u0089PNG\r\n\u001a\n", StringComparison.Ordinal))
            return new FileSignature(ImageFormats.Png, "a PNG picture");
        if (text.StartsWith("\u00ff\u00d8\u00ff", StringComparison.Ordinal))
            return new FileSignature(ImageFormats.Jpeg, "a JPEG picture");
        if (text.StartsWith("RIFF", StringComparison.Ordinal) && text.Length >= 12 && text.AsSpan(8, 4).SequenceEqual("WEBP"))
            return new FileSignature(ImageFormats.WebP, "a WebP picture");
        if (text.StartsWith("GIF87a", StringComparison.Ordinal) || text.StartsWith("GIF89a", StringComparison.Ordinal))
            return new FileSignature(ImageFormats.Gif, "a GIF picture");
        if (text.Length >= 4 && text[..4] is "II*\0" or "MM\0*" or "II+\0" or "MM\0+")
            return new FileSignature(ImageFormats.Tiff, "a TIFF picture");
        if (text.Length >= 12 && text.AsSpan(4, 4).SequenceEqual("ftyp"))
            return RecogniseMediaFile(text);
        if (IsBmp(head))
            return new FileSignature(ImageFormats.Bmp, "a BMP picture");
        foreach ((string bytes, string description) in s_others)
        {
            if (text.StartsWith(bytes, StringComparison.Ordinal))
                return new FileSignature(null, description);
        }

        return new FileSignature(null, DescribeText(head));
    }

    // Texts may begin with the same two letters. The size of the second header is small.
    private static bool IsBmp(ReadOnlySpan<byte> head) => head.StartsWith("BM"u8) && head.Length >= 18 && head[14] >= 12 && head[15..18].IndexOfAnyExcept((byte)0) < 0;

    // ISO base media: the box holds its size, "ftyp", the major brand, a version, and the compatible brands.
    private static FileSignature RecogniseMediaFile(string text)
    {
        int end = Math.Min(text.Length, (text[0] << 24) | (text[1] << 16) | (text[2] << 8) | text[3]);
        List<string> brands = [text.Substring(8, 4)];
        for (int i = 16; i + 4 <= end; i += 4)
            brands.Add(text.Substring(i, 4));
        if (brands.Exists(b => b is "avif" or "avis"))
            return new FileSignature(ImageFormats.Avif, "an AVIF picture");
        return brands.Exists(b => b is "heic" or "heix" or "hevc" or "hevx" or "heim" or "heis" or "mif1" or "mif2" or "mif3" or "msf1")
            ? new FileSignature(ImageFormats.Heif, "a HEIF picture")
            : new FileSignature(null, "a video or audio file");
    }

    private static string DescribeText(ReadOnlySpan<byte> head)
    {
        foreach (byte b in head)
        {
            if (b < 32 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f'))
                return "no picture that is known here";
        }

        string text = Encoding.UTF8.GetString(head).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase))
            return "an SVG drawing";
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.Contains("<html", StringComparison.OrdinalIgnoreCase)
            ? "a web page (HTML), perhaps a saved error message"
            : "a text file";
    }
}
