namespace Upscale.Imaging;

/// <summary>How a picture is written.</summary>
public sealed record EncodeOptions
{
    /// <summary>The file format; the target's extension does not count.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>1 (small) to 100 (good), for the lossy formats: jpeg, webp, avif, heif.</summary>
    public int Quality { get; init; } = 95;

    /// <summary>True to lose nothing: webp, avif, heif. Formats that never lose anything take it as well; jpeg and gif do not.</summary>
    public bool Lossless { get; init; }

    /// <summary>How a format without loss packs: 0 (fast) to 9 (small) for png; none, lzw, deflate, packbits for tiff. Null for the usual.</summary>
    public string? Compression { get; init; }

    /// <summary>Whether colour is stored at half the resolution: jpeg, avif, heif.</summary>
    public ChromaSubsampling Subsampling { get; init; }

    /// <summary>True for a picture in tiles with ever smaller ones below it, as viewers of large pictures want: tiff.</summary>
    public bool Pyramid { get; init; }

    /// <summary>How samples are stored. A format that does not hold it gets the most that it holds, with a warning.</summary>
    public SampleDepth Depth { get; init; } = SampleDepth.Eight;

    /// <summary>True to spread what rounding to 8 bits loses over neighbouring pixels: for sources of more than 8 bits. Nothing changes at other depths.</summary>
    public bool Dither { get; init; }

    /// <summary>
    /// Printable ASCII for the Software tag of formats with EXIF and of TIFF, and for the text <c>Software</c> of PNG, in place of what stands there; null
    /// to leave it. Formats that have neither go without. Nothing is said where all metadata is stripped.
    /// </summary>
    public string? Software { get; init; }

    /// <summary>What a transparent picture is put over where the format holds no transparency; of a gray picture its luma.</summary>
    public RgbColour Background { get; init; } = RgbColour.White;

    /// <summary>What of the source's metadata stays out.</summary>
    public MetadataStrip Strip { get; init; }

    /// <summary>True to multiply the resolution by the scale, so that the result is printed as large as its source; false to keep the resolution.</summary>
    public bool KeepPhysicalSize { get; init; }

    /// <summary>True to replace an existing target.</summary>
    public bool Force { get; init; }
}
