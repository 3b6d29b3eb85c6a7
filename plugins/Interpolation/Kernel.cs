namespace Upscale.Interpolation;

/// <summary>A resampling filter.</summary>
/// <param name="Name">As in the option <c>kernel</c>.</param>
/// <param name="Support">Half the filter's width in pixels of the coarser side; 0 means that the pixel under the centre is taken.</param>
/// <param name="Weight">The filter at a distance in pixels, before normalisation.</param>
public sealed record Kernel(string Name, double Support, Func<double, double> Weight)
{
    /// <summary>The pixel under the centre of the result pixel.</summary>
    public static Kernel Nearest { get; } = new("nearest", 0, _ => 1);

    /// <summary>The average of the area under a result pixel; an area ends before its left border and at its right one.</summary>
    public static Kernel Box { get; } = new("box", 0.5, x => x is > -0.5 and <= 0.5 ? 1 : 0);

    /// <summary>The triangle.</summary>
    public static Kernel Bilinear { get; } = new("bilinear", 1, x => Math.Max(1 - Math.Abs(x), 0));

    /// <summary>A sinc under a Hamming window (R. W. Hamming, "Digital Filters", 1977), one lobe wide.</summary>
    public static Kernel Hamming { get; } =
        new("hamming", 1, x => Math.Abs(x) < 1 ? Sinc(x) * (0.54 + (0.46 * Math.Cos(Math.PI * x))) : 0);

    /// <summary>
    /// Cubic convolution with a = -0.5 (R. Keys, "Cubic convolution interpolation for digital image processing", 1981),
    /// also known as Catmull-Rom.
    /// </summary>
    public static Kernel Bicubic { get; } = new("bicubic", 2, x => Cubic(x, 0, 0.5));

    /// <summary>
    /// The cubic with B = C = 1/3 (D. Mitchell, A. Netravali, "Reconstruction filters in computer graphics", 1988).
    /// It softens: at whole distances it is not 0.
    /// </summary>
    public static Kernel Mitchell { get; } = new("mitchell", 2, x => Cubic(x, 1.0 / 3, 1.0 / 3));

    /// <summary>A sinc under the main lobe of a sinc twice as wide (C. Lanczos; K. Turkowski, "Filters for common resampling tasks", 1990).</summary>
    public static Kernel Lanczos2 { get; } = new("lanczos2", 2, x => Lanczos(x, 2));

    /// <summary>As <see cref="Lanczos2"/> with three lobes.</summary>
    public static Kernel Lanczos3 { get; } = new("lanczos3", 3, x => Lanczos(x, 3));

    /// <summary>All filters.</summary>
    public static IReadOnlyList<Kernel> All { get; } = [Nearest, Box, Bilinear, Hamming, Bicubic, Mitchell, Lanczos2, Lanczos3];

    /// <summary>The filter of that name, without regard to case.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: there is none.</exception>
    public static Kernel Named(string? name)
        => All.FirstOrDefault(k => string.Equals(k.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"There is no interpolation kernel '{name}'. Choose one of {string.Join(", ", All.Select(k => k.Name))}.");

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);

    private static double Lanczos(double x, int lobes) => Math.Abs(x) < lobes ? Sinc(x) * Sinc(x / lobes) : 0;

    private static double Cubic(double x, double b, double c)
    {
        x = Math.Abs(x);
        if (x < 1)
            return (((((12 - (9 * b) - (6 * c)) * x) + (-18 + (12 * b) + (6 * c))) * x * x) + (6 - (2 * b))) / 6;
        if (x < 2)
            return (((((((-b - (6 * c)) * x) + ((6 * b) + (30 * c))) * x) + ((-12 * b) - (48 * c))) * x) + ((8 * b) + (24 * c))) / 6;
        return 0;
    }
}
