using NetVips;

namespace Upscale.Imaging;

/// <summary>Which bands of a decoded image are what.</summary>
/// <param name="Format">Uchar, Ushort or Float.</param>
/// <param name="Bands">Samples for each pixel.</param>
/// <param name="Channels">1 (gray) or 3 (RGB): the first bands.</param>
/// <param name="AlphaBand">The band with alpha, or null.</param>
/// <param name="Bits">Of a Ushort sample: how many of the upper ones are the value.</param>
internal sealed record PixelLayout(Enums.BandFormat Format, int Bands, int Channels, int? AlphaBand, int Bits)
{
    /// <summary>Bytes of a sample.</summary>
    public static int BytesOf(Enums.BandFormat format)
        => format switch
        {
            Enums.BandFormat.Uchar or Enums.BandFormat.Char => 1,
            Enums.BandFormat.Ushort or Enums.BandFormat.Short => 2,
            Enums.BandFormat.Double or Enums.BandFormat.Complex => 8,
            Enums.BandFormat.Dpcomplex => 16,
            _ => 4,
        };

    /// <summary>True for colours that are neither gray nor RGB, which <see cref="Normalise"/> converts to sRGB.</summary>
    public static bool NeedsConversion(Image image)
        => image.Interpretation is Enums.Interpretation.Cmyk or Enums.Interpretation.Lab or Enums.Interpretation.Labs
            or Enums.Interpretation.Labq or Enums.Interpretation.Xyz or Enums.Interpretation.Lch or Enums.Interpretation.Yxy;

    /// <summary>Lazily: CMYK and CIE colours to RGB, samples of 32 bits and more to float.</summary>
    /// <param name="image">As loaded.</param>
    /// <param name="space">Where CMYK and CIE colours are brought.</param>
    public static Image Normalise(Image image, RgbSpace space)
    {
        // Names of profiles that libvips has built in.
        string profile = space == RgbSpace.DisplayP3 ? "p3" : "srgb";
        if (image.Interpretation == Enums.Interpretation.Cmyk)
        {
            // The profile in the file, or libvips' own for CMYK.
            return image.IccTransform(profile, inputProfile: "cmyk", embedded: true, intent: Enums.Intent.Relative, depth: image.Format == Enums.BandFormat.Ushort ? 16 : 8);
        }

        if (NeedsConversion(image))
        {
            // Lab of 8 bits is finer in the darks than RGB of 8 bits.
            using Image lab = image.Colourspace(Enums.Interpretation.Lab);
            return lab.IccExport(outputProfile: profile, intent: Enums.Intent.Relative, depth: 16);
        }

        switch (image.Format)
        {
            case Enums.BandFormat.Uint:
                using (Image scaled = image.Linear([1.0 / uint.MaxValue], [0.0]))
                    return scaled.Cast(Enums.BandFormat.Float);
            case Enums.BandFormat.Double:
                return image.Cast(Enums.BandFormat.Float);
            default:
                return image.Copy();
        }
    }

    /// <summary>The layout of a normalised image. Bands after alpha are left alone.</summary>
    public static PixelLayout Of(Image image)
    {
        bool gray = image.Bands < 3 || image.Interpretation is Enums.Interpretation.Bw or Enums.Interpretation.Grey16;
        int channels = gray ? 1 : 3;
        // libvips shifts the 10 or 12 bits of these files up, so that its white is a little below 65535.
        int bits = image.Contains("heif-compression") && image.Get("bits-per-sample") is int told and > 8 and < 16 ? told : 16;
        return new PixelLayout(image.Format, image.Bands, channels, image.Bands > channels ? channels : null, bits);
    }
}
