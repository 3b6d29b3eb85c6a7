namespace Upscale.Imaging;

/// <summary>What a file can hold beside its pixels.</summary>
[Flags]
internal enum MetadataKinds
{
    None = 0,
    Icc = 1,
    Exif = 2,
    Xmp = 4,

    /// <summary>IPTC and texts: kept within one format only, as their layout differs between formats.</summary>
    Private = 8,
    Resolution = 16,
}
