using NetVips;

namespace Upscale.Imaging;

/// <summary>The file formats that are known, whether or not the loaded libvips reads and writes them.</summary>
public static class ImageFormats
{
    // libvips takes 100 million columns, and the stream to the saver has a column for each of up to four samples.
    internal const int MaxRows = 100_000_000;
    private const int MaxColumns = 25_000_000;
    private const MetadataKinds Usual = MetadataKinds.Icc | MetadataKinds.Exif | MetadataKinds.Xmp | MetadataKinds.Resolution;

    /// <summary>PNG: lossless, 8 or 16 bits, alpha.</summary>
    public static ImageFormat Png { get; } = new("pngload_source", "pngsave_target")
    {
        Name = "png",
        Extensions = [".png"],
        MaxWidth = MaxColumns,
        MaxHeight = MaxRows,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Sixteen,
        Holds = Usual | MetadataKinds.Texts,
        TellsResolution = true,
        HoldsEverySample = true,
        Compressions = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    };

    /// <summary>JPEG: lossy, 8 bits, no alpha. The limit is libjpeg's, a little below the format's 65535.</summary>
    public static ImageFormat Jpeg { get; } = new("jpegload_source", "jpegsave_target")
    {
        Name = "jpeg",
        Extensions = [".jpg", ".jpeg", ".jpe", ".jfif"],
        MaxWidth = 65_500,
        MaxHeight = 65_500,
        HoldsAlpha = false,
        MaxDepth = SampleDepth.Eight,
        Holds = Usual | MetadataKinds.Iptc | MetadataKinds.Comments,
        TellsResolution = true,
        Subsamples = true,
    };

    /// <summary>WebP: lossy, 8 bits, alpha.</summary>
    public static ImageFormat WebP { get; } = new("webpload_source", "webpsave_target")
    {
        Name = "webp",
        Extensions = [".webp"],
        MaxWidth = 16_383,
        MaxHeight = 16_383,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Eight,
        Holds = Usual,
        HoldsEverySample = true,
        HoldsFrames = true,
        HoldsTimes = true,
    };

    /// <summary>TIFF: lossless, 8 or 16 bits or float, alpha.</summary>
    public static ImageFormat Tiff { get; } = new("tiffload_source", "tiffsave_target")
    {
        Name = "tiff",
        Extensions = [".tif", ".tiff"],
        MaxWidth = MaxColumns,
        MaxHeight = MaxRows,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Float,
        Holds = Usual | MetadataKinds.Iptc,
        TellsResolution = true,
        HoldsEverySample = true,
        Compressions = ["none", "lzw", "deflate", "packbits"],
        HoldsFrames = true,
    };

    /// <summary>GIF: 256 colours, transparency on or off.</summary>
    public static ImageFormat Gif { get; } = new("gifload_source", "gifsave_target")
    {
        Name = "gif",
        Extensions = [".gif"],
        MaxWidth = 65_535,
        MaxHeight = 65_535,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Eight,
        HoldsFrames = true,
        HoldsTimes = true,
    };

    /// <summary>AVIF: lossy, 8 or 12 bits, alpha.</summary>
    public static ImageFormat Avif { get; } = new("heifload_source", "heifsave_target", () => Encodes(Enums.ForeignHeifCompression.Av1))
    {
        Name = "avif",
        Extensions = [".avif"],
        MaxWidth = 16_384,
        MaxHeight = 16_384,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Sixteen,
        BitsOfWords = 12,
        Holds = Usual,
        ByLibvips = true,
        Subsamples = true,
        HoldsEverySample = true,
    };

    /// <summary>HEIF with HEVC pixels (HEIC): lossy, 8 bits as written here, alpha. Most builds of libvips lack its codec.</summary>
    public static ImageFormat Heif { get; } = new("heifload_source", "heifsave_target", () => Encodes(Enums.ForeignHeifCompression.Hevc))
    {
        Name = "heif",
        Extensions = [".heic", ".heif"],
        MaxWidth = 16_384,
        MaxHeight = 16_384,
        HoldsAlpha = true,
        MaxDepth = SampleDepth.Eight,
        Holds = Usual,
        ByLibvips = true,
        Subsamples = true,
        HoldsEverySample = true,
    };

    /// <summary>BMP, which is only read: 8 bits or a palette, alpha. libvips' loader of TIFF stands in for the one that it lacks.</summary>
    public static ImageFormat Bmp { get; } = new("tiffload_source", "bmpsave_target")
    {
        Name = "bmp",
        Extensions = [".bmp", ".dib"],
        MaxWidth = 0,
        MaxHeight = 0,
        HoldsAlpha = false,
        MaxDepth = SampleDepth.Eight,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ImageFormat> All { get; } = [Png, Jpeg, WebP, Tiff, Gif, Avif, Heif, Bmp];

    /// <summary>The format to write for a file name.</summary>
    /// <param name="path">Its extension counts, in any case.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FormatNotSupported"/>: none, or it cannot be written here.</exception>
    public static ImageFormat FromPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string extension = Path.GetExtension(path);
        return extension.Length == 0
            ? throw NotWritten($"The file name '{Path.GetFileName(path)}' has no extension that would name a format.")
            : Writable(FindByExtension(extension), $"The extension '{extension}' of '{Path.GetFileName(path)}'");
    }

    /// <summary>The format to write for a name that a user gave.</summary>
    /// <param name="name">A format's name or extension, with or without the dot, in any case: <c>jpeg</c>, <c>jpg</c>, <c>.JPG</c>.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FormatNotSupported"/>: none, or it cannot be written here.</exception>
    public static ImageFormat FromName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ImageFormat? format = All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? FindByExtension("." + name.TrimStart('.'));
        return Writable(format, $"The format '{name}'");
    }

    /// <summary>True when the extension is that of a format that can be read here.</summary>
    /// <param name="path">Its extension counts, in any case.</param>
    public static bool HasPictureExtension(string path) => FindByExtension(Path.GetExtension(path)) is { CanRead: true };

    internal static string Readable => string.Join(", ", All.Where(f => f.CanRead).Select(f => f.Name));

    private static ImageFormat? FindByExtension(string extension)
        => All.FirstOrDefault(f => f.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase));

    private static ImageFormat Writable(ImageFormat? format, string what)
        => format switch
        {
            null => throw NotWritten($"{what} is not known."),
            { CanWrite: false } => throw NotWritten($"{what} cannot be written by this build of libvips."),
            _ => format,
        };

    private static UpscaleException NotWritten(string what)
        => new(UpscaleErrorId.FormatNotSupported, $"{what} Formats that can be written: {string.Join(", ", All.Where(f => f.CanWrite).Select(f => f.Name))}.");

    // The operation exists in every build with the container's library, whether or not an encoder is in it.
    private static bool Encodes(Enums.ForeignHeifCompression compression)
    {
        try
        {
            using Image black = Image.Black(16, 16, bands: 3);
            using Image image = black.Copy(interpretation: Enums.Interpretation.Srgb);
            return image.HeifsaveBuffer(compression: compression).Length > 0;
        }
        catch (VipsException)
        {
            return false;
        }
    }
}
