namespace Upscale.Imaging.Metadata;

/// <summary>How large a picture is meant to be shown.</summary>
/// <param name="X">Pixels in a metre, over 0.</param>
/// <param name="Y">Pixels in a metre, over 0.</param>
/// <param name="Metric">True when the file counts in centimetres where it might in inches.</param>
internal readonly record struct Resolution(double X, double Y, bool Metric)
{
    private const double InchesInMetre = 1 / 0.0254;
    private const double CentimetresInMetre = 100;

    /// <summary>EXIF's and TIFF's number of the unit: 2 for inches, 3 for centimetres.</summary>
    public int Unit => Metric ? 3 : 2;

    /// <summary>Pixels in a <see cref="Unit"/>.</summary>
    public (double X, double Y) InUnit => Metric ? (X / CentimetresInMetre, Y / CentimetresInMetre) : (X / InchesInMetre, Y / InchesInMetre);

    /// <summary>That of a picture with more pixels in the same size.</summary>
    /// <param name="x">Factor across.</param>
    /// <param name="y">Factor down.</param>
    public Resolution Times(double x, double y) => this with { X = X * x, Y = Y * y };

    /// <summary>From a file's numbers; null where they make no sense.</summary>
    /// <param name="x">Pixels in a unit.</param>
    /// <param name="y">Pixels in a unit.</param>
    /// <param name="unit">2 for inches, 3 for centimetres; anything else is no unit.</param>
    public static Resolution? From(double? x, double? y, int unit)
    {
        const double Least = 0.01;
        const double Most = 1e6;
        if (unit is not (2 or 3) || x is not (> Least and < Most) || y is not (> Least and < Most))
            return null;
        double units = unit == 3 ? CentimetresInMetre : InchesInMetre;
        return new Resolution(x.Value * units, y.Value * units, unit == 3);
    }
}
