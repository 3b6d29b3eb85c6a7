namespace Upscale.Imaging;

/// <summary>The space that colours are brought into which are neither gray nor RGB: CMYK, CIE Lab and the like.</summary>
public enum RgbSpace
{
    /// <summary>sRGB; the result goes without a profile, which means the same.</summary>
    Srgb,

    /// <summary>Display P3, which holds more of what printing inks and Lab can say; the result has its profile.</summary>
    DisplayP3,
}
