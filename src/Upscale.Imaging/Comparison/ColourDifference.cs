namespace Upscale.Imaging.Comparison;

/// <summary>Colour difference as people see it.</summary>
public static class ColourDifference
{
    private const double Degree = Math.PI / 180;

    // 25 to the power of 7.
    private const double Chroma7 = 6103515625;

    /// <summary>
    /// sRGB to CIELAB, white D65, 2 degree observer. Matrix and limits as IEC 61966-2-1 and CIE 15 have them, in the digits of scikit-image's <c>rgb2lab</c>.
    /// </summary>
    /// <param name="red">As stored, nominally 0..1; so the others.</param>
    /// <param name="green">Green.</param>
    /// <param name="blue">Blue.</param>
    public static (double L, double A, double B) ToLab(double red, double green, double blue)
    {
        double r = Linear(red);
        double g = Linear(green);
        double b = Linear(blue);
        double x = Root(((0.412453 * r) + (0.357580 * g) + (0.180423 * b)) / 0.95047);
        double y = Root((0.212671 * r) + (0.715160 * g) + (0.072169 * b));
        double z = Root(((0.019334 * r) + (0.119193 * g) + (0.950227 * b)) / 1.08883);
        return ((116 * y) - 16, 500 * (x - y), 200 * (y - z));

        static double Linear(double value) => value > 0.04045 ? Math.Pow((value + 0.055) / 1.055, 2.4) : value / 12.92;
        static double Root(double value) => value > 0.008856 ? Math.Cbrt(value) : (7.787 * value) + (16.0 / 116);
    }

    /// <summary>
    /// CIEDE2000 with all three weights 1: G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference formula: implementation notes", 2005.
    /// </summary>
    /// <param name="first">CIELAB.</param>
    /// <param name="second">CIELAB.</param>
    /// <returns>0 for equal colours; the order does not count.</returns>
    public static double Ciede2000((double L, double A, double B) first, (double L, double A, double B) second)
    {
        double g = 0.5 * (1 - ChromaShare((Length(first.A, first.B) + Length(second.A, second.B)) / 2));
        (double c1, double h1) = Polar(first.A * (1 + g), first.B);
        (double c2, double h2) = Polar(second.A * (1 + g), second.B);

        double hueStep = h2 - h1;
        double hue = h1 + h2;
        if (c1 * c2 == 0)
        {
            hueStep = 0;
        }
        else
        {
            if (Math.Abs(hueStep) > Math.PI)
            {
                hueStep -= Math.CopySign(2 * Math.PI, hueStep);
                hue += hue < 2 * Math.PI ? 2 * Math.PI : -2 * Math.PI;
            }

            hue /= 2;
        }

        double chroma = (c1 + c2) / 2;
        double lightness = ((first.L + second.L) / 2) - 50;
        lightness *= lightness;
        double t = 1
            - (0.17 * Math.Cos(hue - (30 * Degree)))
            + (0.24 * Math.Cos(2 * hue))
            + (0.32 * Math.Cos((3 * hue) + (6 * Degree)))
            - (0.20 * Math.Cos((4 * hue) - (63 * Degree)));
        double l = (second.L - first.L) / (1 + (0.015 * lightness / Math.Sqrt(20 + lightness)));
        double c = (c2 - c1) / (1 + (0.045 * chroma));
        double h = 2 * Math.Sqrt(c1 * c2) * Math.Sin(hueStep / 2) / (1 + (0.015 * chroma * t));
        double bend = ((hue / Degree) - 275) / 25;
        double rotation = -2 * ChromaShare(chroma) * Math.Sin(60 * Degree * Math.Exp(-bend * bend));

        // Rounding makes a little less than 0 of colours that are almost equal.
        return Math.Sqrt(Math.Max(0, (l * l) + (c * c) + (h * h) + (rotation * c * h)));
    }

    private static double ChromaShare(double chroma)
    {
        double cube = chroma * chroma * chroma;
        double seventh = cube * cube * chroma;
        return Math.Sqrt(seventh / (seventh + Chroma7));
    }

    private static double Length(double a, double b) => Math.Sqrt((a * a) + (b * b));

    private static (double Chroma, double Hue) Polar(double a, double b)
    {
        double hue = Math.Atan2(b, a);
        return (Length(a, b), hue < 0 ? hue + (2 * Math.PI) : hue);
    }
}
