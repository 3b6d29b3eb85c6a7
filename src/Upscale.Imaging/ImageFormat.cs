namespace Upscale.Imaging;

/// <summary>A file format and its limits. The instances are in <see cref="ImageFormats"/>.</summary>
public sealed record ImageFormat
{
    private readonly Lazy<bool> _canRead;
    private readonly Lazy<bool> _canWrite;

    internal ImageFormat(string loader, string saver, Func<bool>? encoderWorks = null)
    {
        Loader = loader;
        Saver = saver;
        _canRead = new Lazy<bool>(() => VipsLibrary.Has(loader));
        _canWrite = new Lazy<bool>(() => VipsLibrary.Has(saver) && (encoderWorks is null || encoderWorks()));
    }

    /// <summary>Name in lower case, such as <c>jpeg</c>.</summary>
    public required string Name { get; init; }

    /// <summary>File name extensions with the dot, in lower case, the usual one first.</summary>
    public required IReadOnlyList<string> Extensions { get; init; }

    /// <summary>Largest width that can be written, in pixels.</summary>
    public required int MaxWidth { get; init; }

    /// <summary>Largest height that can be written, in pixels.</summary>
    public required int MaxHeight { get; init; }

    /// <summary>True when transparency can be written.</summary>
    public required bool HoldsAlpha { get; init; }

    /// <summary>Values for <see cref="EncodeOptions.Compression"/>; empty where there is no choice.</summary>
    public IReadOnlyList<string> Compressions { get; init; } = [];

    /// <summary>True when colour may be stored at half the resolution.</summary>
    public bool Subsamples { get; init; }

    /// <summary>True when what is written can be what was given, sample by sample.</summary>
    public bool HoldsEverySample { get; init; }

    /// <summary>True when a file may hold several frames or pages.</summary>
    public bool HoldsFrames { get; init; }

    /// <summary>True when they are frames of one size that are shown for a time each; false for pages.</summary>
    public bool HoldsTimes { get; init; }

    /// <summary>The most that is written for each sample.</summary>
    public required SampleDepth MaxDepth { get; init; }

    /// <summary>True when the loaded libvips reads it.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public bool CanRead => _canRead.Value;

    /// <summary>True when the loaded libvips writes it.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public bool CanWrite => _canWrite.Value;

    internal string Loader { get; }

    internal string Saver { get; }

    /// <summary>How many bits of a sample are kept where the depth is <see cref="SampleDepth.Sixteen"/>.</summary>
    internal int BitsOfWords { get; init; } = 16;

    internal MetadataKinds Holds { get; init; }

    /// <summary>True when the file tells a resolution elsewhere than in EXIF data.</summary>
    internal bool TellsResolution { get; init; }

    /// <summary>True when libvips alone can put EXIF data and XMP into the file.</summary>
    internal bool ByLibvips { get; init; }

    /// <summary>Refuses a size that this format cannot hold.</summary>
    /// <param name="shape">Of the picture to be written.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageTooLarge"/>.</exception>
    public void Check(ImageShape shape)
    {
        if (shape.Width <= MaxWidth && shape.Height <= MaxHeight)
            return;
        string others = string.Join(" or ", ImageFormats.All.Where(f => f.CanWrite && shape.Width <= f.MaxWidth && shape.Height <= f.MaxHeight).Select(f => f.Name));
        throw new UpscaleException(
            UpscaleErrorId.ImageTooLarge,
            $"A {Name} file holds at most {MaxWidth} x {MaxHeight} pixels, and the result would have {shape.Width} x {shape.Height}. "
            + (others.Length > 0 ? $"Choose a smaller scale or the format {others}." : "Choose a smaller scale."));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
