namespace Upscale.Imaging;

/// <summary>What of a source's metadata does not go into the result.</summary>
public enum MetadataStrip
{
    /// <summary>Everything goes into the result that its format holds.</summary>
    None,

    /// <summary>The place where the picture was taken stays out: EXIF's and XMP's GPS fields.</summary>
    Gps,

    /// <summary>Everything stays out but how colours are to be shown and the resolution.</summary>
    All,
}
