namespace Upscale.Imaging.Metadata;

/// <summary>Types of values in a directory (TIFF 6.0, section 2; BigTIFF design).</summary>
internal static class TiffType
{
    public const ushort Byte = 1;
    public const ushort Ascii = 2;
    public const ushort Short = 3;
    public const ushort Long = 4;
    public const ushort Rational = 5;
    public const ushort Undefined = 7;
    public const ushort Ifd = 13;
    public const ushort Long8 = 16;
    public const ushort Ifd8 = 18;

    /// <summary>Bytes of one value; 0 for an unknown type.</summary>
    public static int BytesOf(ushort type)
        => type switch
        {
            Byte or Ascii or 6 or Undefined => 1,
            Short or 8 => 2,
            Long or 9 or 11 or Ifd => 4,
            Rational or 10 or 12 or Long8 or 17 or Ifd8 => 8,
            _ => 0,
        };

    /// <summary>Bytes whose order depends on the structure's: a rational is two numbers.</summary>
    public static int UnitOf(ushort type) => type is Rational or 10 ? 4 : BytesOf(type);
}
