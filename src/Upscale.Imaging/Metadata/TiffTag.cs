namespace Upscale.Imaging.Metadata;

/// <summary>Numbers of fields (TIFF 6.0; EXIF 2.32).</summary>
internal static class TiffTag
{
    public const ushort NewSubfileType = 254;
    public const ushort ImageWidth = 256;
    public const ushort ImageLength = 257;
    public const ushort ImageDescription = 270;
    public const ushort StripOffsets = 273;
    public const ushort Orientation = 274;
    public const ushort StripByteCounts = 279;
    public const ushort XResolution = 282;
    public const ushort YResolution = 283;
    public const ushort ResolutionUnit = 296;
    public const ushort Software = 305;
    public const ushort ThumbnailOffset = 513;
    public const ushort ThumbnailBytes = 514;
    public const ushort Xmp = 700;
    public const ushort Iptc = 33723;
    public const ushort Photoshop = 34377;
    public const ushort ExifDirectory = 34665;
    public const ushort GpsDirectory = 34853;
    public const ushort PixelXDimension = 40962;
    public const ushort PixelYDimension = 40963;
    public const ushort InteroperabilityDirectory = 40965;

    /// <summary>True for fields of the first directory that tell of the picture as a whole and nothing of how its pixels are stored.</summary>
    public static bool IsDescriptive(ushort tag)
        => tag is ImageDescription or XResolution or YResolution or ResolutionUnit or Software or ExifDirectory or GpsDirectory
            or 271 or 272 or 306 or 315 or 316 or 318 or 319 or 33432 // Make, Model, DateTime, Artist, HostComputer, white point, chromaticities, Copyright
            or 18246 or 18249 or (>= 40091 and <= 40095); // Rating, RatingPercent, XPTitle .. XPSubject

    /// <summary>True for fields that point to another directory.</summary>
    public static bool IsDirectory(ushort tag) => tag is ExifDirectory or GpsDirectory or InteroperabilityDirectory;
}
