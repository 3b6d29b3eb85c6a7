using System.Globalization;
using NetVips;

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
    /// <param name="options">Limits, and which frame or page; null for the defaults.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.FileNotFound"/>, <see cref="UpscaleErrorId.FileOpenFailed"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>,
    /// <see cref="UpscaleErrorId.ImageCorrupt"/>, <see cref="UpscaleErrorId.ImageTooLarge"/>, <see cref="UpscaleErrorId.OptionInvalid"/>: there is no such frame,
    /// <see cref="UpscaleErrorId.NotInstalled"/>.
    /// </exception>
    public static ImageReader Open(string path, ReadOptions? options = null)
    {
        options ??= new ReadOptions();
        PictureFile file = Recognise(path);
        List<string> warnings = [];
        (Image image, string? damage) = Load(options, failOn => file.Load(0, failOn, warnings));
        if (options.Frame > 0)
        {
            using (image)
            {
                if (file.Missing(options.Frame, file.CountFrames(image)) is { } missing)
                    throw missing;
            }

            (image, damage) = Load(options, failOn => file.Load(options.Frame, failOn, warnings));
        }

        return Create(file, image, false, options, damage, warnings);
    }

    /// <summary>
    /// Opens the frames of an animation, or the pages of a document, one after the other. A GIF or WebP file is decoded once, with one frame in memory
    /// at a time; what a frame leaves of the one before it is in its picture.
    /// </summary>
    /// <param name="path">A file; its content decides, not its extension.</param>
    /// <param name="options">Limits; the frame does not count. Null for the defaults.</param>
    /// <returns>A reader for each, which is disposed when the next one is asked for.</returns>
    /// <exception cref="UpscaleException">
    /// As <see cref="Open"/>; <see cref="UpscaleErrorId.ImageTooLarge"/> where all together exceed the limit; <see cref="UpscaleErrorId.FormatNotSupported"/> for an animated PNG file.
    /// </exception>
    public static async IAsyncEnumerable<ImageReader> OpenFramesAsync(string path, ReadOptions? options = null)
    {
        options ??= new ReadOptions();
        PictureFile file = Recognise(path);
        int frames;
        await using (ImageReader first = Open(path, options with { Frame = 0 }))
        {
            frames = first.Header.Frames;
            if (frames > 1 && file.Format == ImageFormats.Png)
                throw file.Unreadable(frames);
            if (frames > 1 && file.Animated)
                CheckFrames(first.Header, options);
            if (frames == 1)
            {
                yield return first;
                yield break;
            }
        }

        long pixels = 0;
        (Image? all, string? damage) = file.Animated ? Load(options, file.LoadAll) : (null, null);
        using (all)
        {
            for (int frame = 0; frame < frames; frame++)
            {
                await using ImageReader reader = all is null ? Open(path, options with { Frame = frame }) : Create(file, Cut(all, frame), true, options with { Frame = frame }, damage, []);
                pixels += (long)reader.Header.Width * reader.Header.Height;
                if (pixels > options.MaxPixels)
                    throw TooManyPixels(reader.Header, options);
                yield return reader;
            }
        }
    }

    /// <summary>Stops decoding, waits for the native work to end, and frees the strips that nobody asked for.</summary>
    public ValueTask DisposeAsync() => _decoder.DisposeAsync();

    private static PictureFile Recognise(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        VipsLibrary.EnsureLoaded();
        return PictureFile.Recognise(Path.GetFullPath(path));
    }

    /// <summary>Loads what is whole, or what is there where that is allowed.</summary>
    private static (Image Image, string? Damage) Load(ReadOptions options, Func<Enums.FailOn, Image> load)
    {
        try
        {
            return (load(Enums.FailOn.Error), null);
        }
        catch (UpscaleException e) when (options.AllowTruncated && e.ErrorId == UpscaleErrorId.ImageCorrupt)
        {
            return (load(Enums.FailOn.None), "The file is damaged, and parts of the picture are not what was in it.");
        }
    }

    private static ImageReader Create(PictureFile file, Image image, bool shared, ReadOptions options, string? damage, List<string> warnings)
    {
        try
        {
            CheckSize(image, file, options);
            using Image normal = PixelLayout.Normalise(image, options.RgbSpace);
            ImageHeader header = Describe(image, normal, file, options.RgbSpace, warnings);
            byte[]? profile = PixelLayout.NeedsConversion(image) && options.RgbSpace == RgbSpace.Srgb ? null : ImageMetadata.Profile(normal);
            ImageMetadata metadata = ImageMetadata.From(image, file, options.Frame, profile, warnings);
            Func<Image>? reopen = options.AllowTruncated ? () => file.Load(options.Frame, Enums.FailOn.None, []) : null;
            return new ImageReader(header with { Warnings = warnings }, metadata, new StripDecoder(image, header, options, shared, reopen), damage);
        }
        catch (VipsException e)
        {
            image.Dispose();
            throw file.Corrupt(VipsLibrary.Reason(e), e);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static Image Cut(Image all, int frame)
    {
        int height = (int)all.Get("page-height");
        return all.Crop(0, frame * height, all.Width, height);
    }

    private static void CheckSize(Image image, PictureFile file, ReadOptions options)
    {
        bool whole = file.Animated || file.Format == ImageFormats.Avif || file.Format == ImageFormats.Heif
            || (image.Contains("interlaced") && image.Get("interlaced") is not 0);
        long limit = whole ? Math.Min(options.MaxPixels, options.MaxPixelsInMemory) : options.MaxPixels;
        if ((long)image.Width * image.Height <= limit)
            return;
        string kind = whole ? "a picture that must be decoded as a whole" : "a picture";
        throw new UpscaleException(
            UpscaleErrorId.ImageTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"'{file.Path}' declares {image.Width} x {image.Height} pixels; the limit for {kind} is {limit} pixels. Allow more with MaxPixels if it is to be trusted."));
    }

    private static void CheckFrames(ImageHeader header, ReadOptions options)
    {
        if ((long)header.Width * header.Height > options.MaxPixels / header.Frames)
            throw TooManyPixels(header, options);
        // Upright or not: one of the two is what libvips puts above one another.
        if ((long)Math.Max(header.Width, header.Height) * header.Frames > ImageFormats.MaxRows)
        {
            throw new UpscaleException(
                UpscaleErrorId.ImageTooLarge,
                string.Create(CultureInfo.InvariantCulture, $"'{header.Path}' declares {header.Frames} frames of {header.Width} x {header.Height} pixels; all together may have {ImageFormats.MaxRows} rows. Take single frames with -Frame."));
        }
    }

    private static UpscaleException TooManyPixels(ImageHeader header, ReadOptions options)
        => new(
            UpscaleErrorId.ImageTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"'{header.Path}' declares more than {options.MaxPixels} pixels in its {header.Frames} frames or pages, which is the limit for all together. Allow more with MaxPixels if it is to be trusted, or take one with -Frame."));

    private static Animation? Times(Image image, int frames)
    {
        if (frames == 1 || !image.Contains("delay") || image.Get("delay") is not int[] delays)
            return null;
        // A damaged file may tell less.
        return new Animation([.. Enumerable.Range(0, frames).Select(i => Math.Max(0, delays.ElementAtOrDefault(i)))], image.Contains("loop") && image.Get("loop") is int loop ? Math.Max(0, loop) : 0);
    }

    private static ImageHeader Describe(Image image, Image normal, PictureFile file, RgbSpace space, List<string> warnings)
    {
        int frames = file.CountFrames(image);
        bool converted = PixelLayout.NeedsConversion(image);
        if (!converted && image.Format is Enums.BandFormat.Char or Enums.BandFormat.Short or Enums.BandFormat.Int or Enums.BandFormat.Complex or Enums.BandFormat.Dpcomplex)
            throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"'{file.Path}' has signed or complex samples ({image.Format}), which cannot be read. Convert it to 8 or 16 bits without sign.");
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
            Path = file.Path,
            Format = file.Format,
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
            Animation = Times(image, frames),
        };
    }
}
