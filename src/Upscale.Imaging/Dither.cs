namespace Upscale.Imaging;

/// <summary>
/// Ordered dithering: what rounding to 8 bits loses is spread over neighbouring pixels by a pattern that depends on the place alone, so that slow gradients
/// show no steps and a picture is the same however it is cut. Values that 8 bits hold exactly stay as they are. The pattern is interleaved gradient noise
/// (J. Jimenez, "Next Generation Post Processing in Call of Duty: Advanced Warfare", SIGGRAPH 2014). All channels get the same offset: gray stays gray.
/// </summary>
internal static class Dither
{
    // A little less than a whole step from end to end, or what the conversions round would tip exact values over.
    private const float Range = (1 - (1f / 64)) / 255;

    /// <summary>What is added to the pixels of a row before they are rounded to nearest.</summary>
    /// <param name="y">Row of the picture.</param>
    /// <param name="offsets">One for each column; about -0.5..0.5 steps of 1 / 255.</param>
    public static void Row(int y, Span<float> offsets)
    {
        for (int x = 0; x < offsets.Length; x++)
        {
            double inner = Fraction((0.06711056 * x) + (0.00583715 * y));
            offsets[x] = ((float)Fraction(52.9829189 * inner) - 0.5f) * Range;
        }
    }

    private static double Fraction(double value) => value - Math.Floor(value);
}
