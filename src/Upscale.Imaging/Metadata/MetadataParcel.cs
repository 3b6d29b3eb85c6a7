namespace Upscale.Imaging.Metadata;

/// <summary>What goes into one file beside its pixels: made true for the result, and as far as the format holds it.</summary>
internal sealed record MetadataParcel
{
    /// <summary>Colour profile; null for none.</summary>
    public byte[]? Profile { get; init; }

    /// <summary>From <see cref="ExifBlock.Update"/>; null for none.</summary>
    public byte[]? Exif { get; init; }

    /// <summary>XMP packet; null for none.</summary>
    public byte[]? Xmp { get; init; }

    /// <summary>Contents of JPEG segments with more XMP.</summary>
    public IReadOnlyList<byte[]> ExtendedXmp { get; init; } = [];

    /// <summary>Photoshop's image resources; empty for none.</summary>
    public byte[] Photoshop { get; init; } = [];

    /// <summary>Bare IPTC data for TIFF; null for none.</summary>
    public byte[]? Iptc { get; init; }

    /// <summary>Comments of a JPEG file.</summary>
    public IReadOnlyList<byte[]> Comments { get; init; } = [];

    /// <summary>Chunks that say how samples are shown.</summary>
    public IReadOnlyList<PngChunk> PngColours { get; init; } = [];

    /// <summary>Texts.</summary>
    public IReadOnlyList<PngChunk> PngTexts { get; init; } = [];

    /// <summary>Null for none.</summary>
    public Resolution? Resolution { get; init; }

    /// <summary>As <see cref="EncodeOptions.Software"/>.</summary>
    public string? Software { get; init; }
}
