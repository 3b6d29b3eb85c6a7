using System.Globalization;
using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging;

/// <summary>
/// A picture file as float rows: values 0..1 as stored (sample / 255 or / 65535), neither linearised nor premultiplied,
/// upright, palettes resolved. <see cref="Colours"/> and <see cref="Alpha"/> are fed by one decoding pass; rows that one of
/// them has not asked for yet are kept, and memory is a few strips while they are read in step.
/// </summary>
public sealed class ImageReader : IAsyncDisposable
{
    private readonly StripDecoder _decoder;
    private readonly string? _damage;

    private ImageReader(ImageHeader header, ImageMetadata metadata, StripDecoder decoder, string? damage)
    {
        _damage = damage;
        Header = header;
        Metadata = metadata;
        _decoder = decoder;
    }

    /// <summary>What the file is.</summary>
    public ImageHeader Header { get; }

    /// <summary>For <see cref="ImageWriter"/>.</summary>
    public ImageMetadata Metadata { get; }

    /// <summary>
    /// The colours; of shape <see cref="ImageHeader.Shape"/>. Reading throws <see cref="UpscaleException"/> with
    /// <see cref="UpscaleErrorId.ImageCorrupt"/> where the file is damaged. Not usable after the reader is disposed.
    /// </summary>
    public IStripSource Colours => _decoder.Colours;

    /// <summary>Straight alpha, 0 (transparent) to 1, one channel; null when the file has none. Disposed unread, it costs nothing.</summary>
    public IStripSource? Alpha => _decoder.Alpha;

    /// <summary>What could not be decoded, in a sentence, where <see cref="ReadOptions.AllowTruncated"/> lets it pass; null for nothing. Known after the last row.</summary>
    public string? Damage => _decoder.Damage ?? _damage;

    /// <summary>Reads the header; pixels are decoded when they are asked for.</summary>
    /// <param name="path">A file; its content decides, not its extension.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.FileNotFound"/>, <see cref="UpscaleErrorId.FileOpenFailed"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>,
    /// <see cref="UpscaleErrorId.ImageCorrupt"/>, <see cref="UpscaleErrorId.ImageTooLarge"/>, <see cref="UpscaleErrorId.NotInstalled"/>.
    /// </exception>
    public static ImageReader Open(string path, ReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ReadOptions();
        VipsLibrary.EnsureLoaded();
        path = Path.GetFullPath(path);
        FileSignature signature = FileSignature.Read(path);
        if (signature.Format is not { CanRead: true } format)
        {
            throw new UpscaleException(
                UpscaleErrorId.FormatNotSupported,
                $"'{path}' is {signature.Description} and cannot be read. Formats that can: {ImageFormats.Readable}.");
        }

        List<string> warnings = [];
        string? damage = null;
        Image image;
        try
        {
            image = Load(path, format, Enums.FailOn.Error, warnings);
        }
        catch (UpscaleException e) when (options.AllowTruncated && e.ErrorId == UpscaleErrorId.ImageCorrupt)
        {
            image = Load(path, format, Enums.FailOn.None, warnings);
            damage = "The file is damaged, and parts of the picture are not what was in it.";
        }

        try
        {
            CheckSize(image, path, format, options);
            using Image normal = PixelLayout.Normalise(image, options.RgbSpace);
            ImageHeader header = Describe(image, normal, path, format, options.RgbSpace, warnings);
            byte[]? profile = PixelLayout.NeedsConversion(image) && options.RgbSpace == RgbSpace.Srgb ? null : ImageMetadata.Profile(normal);
            ImageMetadata metadata = ImageMetadata.From(image, path, format, profile, warnings);
            Func<Image>? reopen = options.AllowTruncated ? () => Load(path, format, Enums.FailOn.None, []) : null;
            return new ImageReader(header with { Warnings = warnings }, metadata, new StripDecoder(image, header, options, reopen), damage);
        }
        catch (VipsException e)
        {
            image.Dispose();
            throw Corrupt(path, format, VipsLibrary.Reason(e), e);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Stops decoding, waits for the native work to end, and frees the strips that nobody asked for.</summary>
    public ValueTask DisposeAsync() => _decoder.DisposeAsync();

    private static Image Load(string path, ImageFormat format, Enums.FailOn failOn, List<string> warnings)
    {
        using VipsLibrary.LogScope log = VipsLibrary.CaptureLog();
        try
        {
            // As a source, since libvips would take "[1]" at the end of a file name for options.
            if (format == ImageFormats.Bmp)
                return BmpImage.Load(path, failOn);
            using Source source = Source.NewFromFile(path);
            VOption options = new() { { "access", Enums.Access.Sequential }, { "fail_on", failOn } };
            Image image = (Image)Operation.Call(format.Loader, options, source);
            // libpng drops such a profile and only logs it.
            if (log.Lines.Exists(l => l.StartsWith("iCCP:", StringComparison.Ordinal)))
                warnings.Add(ImageMetadata.DamagedProfile);
            return image;
        }
        catch (VipsException e)
        {
            string reason = VipsLibrary.Reason(e, log);
            throw reason == VipsLibrary.UnsupportedCodec
                ? new UpscaleException(UpscaleErrorId.FormatNotSupported, $"'{path}' ({format.Name}) cannot be read: {reason}. Formats that can: {ImageFormats.Readable}.", e)
                : Corrupt(path, format, reason, e);
        }
    }

    private static UpscaleException Corrupt(string path, ImageFormat format, string reason, Exception cause)
        => new(UpscaleErrorId.ImageCorrupt, $"'{path}' is no whole {format.Name} file: {reason}. Get a whole copy of the file.", cause);

    private static void CheckSize(Image image, string path, ImageFormat format, ReadOptions options)
    {
        bool whole = format == ImageFormats.WebP || format == ImageFormats.Gif || format == ImageFormats.Avif || format == ImageFormats.Heif
            || (image.Contains("interlaced") && image.Get("interlaced") is not 0);
        long limit = whole ? Math.Min(options.MaxPixels, options.MaxPixelsInMemory) : options.MaxPixels;
        if ((long)image.Width * image.Height <= limit)
            return;
        string kind = whole ? "a picture that must be decoded as a whole" : "a picture";
        throw new UpscaleException(
            UpscaleErrorId.ImageTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"'{path}' declares {image.Width} x {image.Height} pixels; the limit for {kind} is {limit} pixels. Allow more with MaxPixels if it is to be trusted."));
    }

    private static ImageHeader Describe(Image image, Image normal, string path, ImageFormat format, RgbSpace space, List<string> warnings)
    {
        int frames = image.Contains("n-pages") && image.Get("n-pages") is int pages ? Math.Max(1, pages) : 1;
        if (format == ImageFormats.Tiff && frames > 1)
            frames = TiffStructure.CountPages(path) ?? frames;
        if (format == ImageFormats.Png)
        {
            frames = PngChunks.Read(path).AnimationFrames;
        }

        if (frames > 1)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The file has {frames} frames or pages; only the first is read."));
        bool converted = PixelLayout.NeedsConversion(image);
        if (!converted && image.Format is Enums.BandFormat.Char or Enums.BandFormat.Short or Enums.BandFormat.Int or Enums.BandFormat.Complex or Enums.BandFormat.Dpcomplex)
            throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"'{path}' has signed or complex samples ({image.Format}), which cannot be read. Convert it to 8 or 16 bits without sign.");
        if (converted)
            warnings.Add($"The colours are {image.Interpretation.ToString().ToUpperInvariant()} and are converted to {(space == RgbSpace.Srgb ? "sRGB" : "Display P3")}.");
        else if (image.Format is Enums.BandFormat.Double or Enums.BandFormat.Uint)
            warnings.Add("Samples of 32-bit whole numbers or 64 bits are read as 32-bit floating point.");

        PixelLayout layout = PixelLayout.Of(normal);
        if (layout.AlphaBand is int alpha && layout.Bands > alpha + 1)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The file has {layout.Bands} samples for each pixel; those after the first {alpha + 1} are not kept."));
        bool lying = ImageMetadata.Orientation(image) >= 5;
        return new ImageHeader
        {
            Path = path,
            Format = format,
            Width = lying ? image.Height : image.Width,
            Height = lying ? image.Width : image.Height,
            Channels = layout.Channels,
            HasAlpha = layout.AlphaBand is not null,
            Depth = layout.Format switch
            {
                Enums.BandFormat.Uchar => SampleDepth.Eight,
                Enums.BandFormat.Ushort => SampleDepth.Sixteen,
                _ => SampleDepth.Float,
            },
            Frames = frames,
        };
    }
}
