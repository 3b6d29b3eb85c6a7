namespace Upscale.Imaging;

/// <summary>What a file can hold beside its pixels.</summary>
[Flags]
internal enum MetadataKinds
{
    None = 0,
    Icc = 1,
    Exif = 2,
    Xmp = 4,
    Iptc = 8,
    Texts = 16,
    Comments = 32,
    Resolution = 64,
}
