using System.Globalization;
using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging;

/// <summary>A file that was recognised by its beginning, and loads the pictures in it.</summary>
internal sealed class PictureFile
{
    private readonly IReadOnlyList<TiffPage>? _pages;
    private readonly bool _cutShort;

    private PictureFile(string path, ImageFormat format)
    {
        Path = path;
        Format = format;
        _pages = format == ImageFormats.Tiff ? TiffStructure.ListPages(path) : null;
        _cutShort = format == ImageFormats.Gif && GifBlocks.IsCutShort(path);
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>By the content.</summary>
    public ImageFormat Format { get; }

    /// <summary>True when all frames have one size and are decoded one after the other, each over the one before.</summary>
    public bool Animated => Format == ImageFormats.Gif || Format == ImageFormats.WebP;

    /// <summary>Looks at the beginning of a file.</summary>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.FileNotFound"/>, <see cref="UpscaleErrorId.FileOpenFailed"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>.
    /// </exception>
    public static PictureFile Recognise(string path)
    {
        FileSignature signature = FileSignature.Read(path);
        return signature.Format is { CanRead: true } format
            ? new PictureFile(path, format)
            : throw new UpscaleException(
                UpscaleErrorId.FormatNotSupported,
                $"'{path}' is {signature.Description} and cannot be read. Formats that can: {ImageFormats.Readable}.");
    }

    /// <summary>One frame or page, for sequential access.</summary>
    /// <param name="frame">From 0.</param>
    /// <param name="failOn">What is an error.</param>
    /// <param name="warnings">Receives what is dropped.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageCorrupt"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>.</exception>
    public Image Load(int frame, Enums.FailOn failOn, List<string> warnings)
    {
        VOption options = Options(failOn);
        int page = _pages is null ? frame : _pages[frame].Index;
        if (page > 0)
            options.Add("page", page);
        return Load(options, failOn, warnings);
    }

    /// <summary>All frames of an animation above one another, for sequential access: one is decoded at a time.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageCorrupt"/>.</exception>
    public Image LoadAll(Enums.FailOn failOn)
    {
        VOption options = Options(failOn);
        options.Add("n", -1);
        return Load(options, failOn, []);
    }

    /// <summary>How many frames or pages there are.</summary>
    /// <param name="image">One of them.</param>
    public int CountFrames(Image image)
        => _pages is not null ? _pages.Count
            : Format == ImageFormats.Png ? PngChunks.Read(Path).AnimationFrames
            : image.Contains("n-pages") && image.Get("n-pages") is int pages ? Math.Max(1, pages)
            : 1;

    /// <summary>Where the directory of a TIFF page is; null where it is not known.</summary>
    /// <param name="frame">From 0.</param>
    public long? DirectoryAt(int frame) => _pages?[frame].At;

    /// <summary>The failure of a file that is damaged.</summary>
    public UpscaleException Corrupt(string reason, Exception? cause)
        => new(UpscaleErrorId.ImageCorrupt, $"'{Path}' is no whole {Format.Name} file: {reason}. Get a whole copy of the file.", cause);

    /// <summary>The failure of a frame that is not there, or not read.</summary>
    /// <param name="frame">From 0.</param>
    /// <param name="frames">How many there are.</param>
    public UpscaleException? Missing(int frame, int frames)
        => frame >= frames
            ? new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                string.Create(CultureInfo.InvariantCulture, $"'{Path}' has no frame {frame}: it has {frames} {(frames == 1 ? "frame or page, which is number 0" : $"frames or pages, numbered 0 to {frames - 1}")}."))
            : frame > 0 && Format == ImageFormats.Png
                ? Unreadable(frames)
                : null;

    /// <summary>The failure of an animated PNG file.</summary>
    public UpscaleException Unreadable(int frames)
        => new(
            UpscaleErrorId.FormatNotSupported,
            string.Create(CultureInfo.InvariantCulture, $"'{Path}' is an animated PNG picture of {frames} frames, of which libvips reads only the first. Convert it to webp or gif first, or take its first frame with -Frame 0."));

    private static VOption Options(Enums.FailOn failOn) => new() { { "access", Enums.Access.Sequential }, { "fail_on", failOn } };

    private Image Load(VOption options, Enums.FailOn failOn, List<string> warnings)
    {
        if (_cutShort && failOn != Enums.FailOn.None)
            throw Corrupt(VipsLibrary.CutShort, null);
        using VipsLibrary.LogScope log = VipsLibrary.CaptureLog();
        try
        {
            // As a source, since libvips would take "[1]" at the end of a file name for options.
            if (Format == ImageFormats.Bmp)
                return BmpImage.Load(Path, failOn);
            using Source source = Source.NewFromFile(Path);
            Image image = (Image)Operation.Call(Format.Loader, options, source);
            // libpng drops such a profile and only logs it.
            if (log.Lines.Exists(l => l.StartsWith("iCCP:", StringComparison.Ordinal)))
                warnings.Add(ImageMetadata.DamagedProfile);
            return image;
        }
        catch (VipsException e)
        {
            string reason = VipsLibrary.Reason(e, log);
            throw reason == VipsLibrary.UnsupportedCodec
                ? new UpscaleException(UpscaleErrorId.FormatNotSupported, $"'{Path}' ({Format.Name}) cannot be read: {reason}. Formats that can: {ImageFormats.Readable}.", e)
                : Corrupt(reason, e);
        }
    }
}
