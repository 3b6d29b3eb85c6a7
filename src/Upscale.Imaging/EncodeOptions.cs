namespace Upscale.Imaging;

/// <summary>How a picture is written.</summary>
public sealed record EncodeOptions
{
    /// <summary>The file format; the target's extension does not count.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>1 (small) to 100 (good), for the lossy formats: jpeg, webp, avif, heif.</summary>
    public int Quality { get; init; } = 95;

    /// <summary>Bits for each sample: 8 or 16. A format that holds 8 gets 8, with a warning.</summary>
    public int Depth { get; init; } = 8;

    /// <summary>
    /// Printable ASCII for the Software tag of formats with EXIF and of TIFF, and for the text <c>Software</c> of PNG, in place of what stands there; null
    /// to leave it. Formats that have neither go without.
    /// </summary>
    public string? Software { get; init; }

    /// <summary>True to replace an existing target.</summary>
    public bool Force { get; init; }
}
