namespace Upscale;

/// <summary>The one rule for sizes: how a factor or a wanted width and height become whole pixels.</summary>
public static class TargetSize
{
    /// <summary>Longest side of a picture in pixels: what libvips and the file formats can count.</summary>
    public const int LongestSide = 10_000_000;

    /// <summary>
    /// The size wanted. A factor gives max(1, floor(size x factor + 0.5)) on each side; a width alone or a height alone keeps the
    /// aspect ratio by the same rounding; both are taken as they are.
    /// </summary>
    /// <param name="input">Size that comes in.</param>
    /// <param name="scale">Factor over 0, or null.</param>
    /// <param name="width">Pixels, at least 1, or null.</param>
    /// <param name="height">Pixels, at least 1, or null.</param>
    /// <returns>The size with the channels of <paramref name="input"/>; null when nothing was asked for.</returns>
    /// <exception cref="UpscaleException">A factor together with a width or height, or a value out of range.</exception>
    public static ImageShape? Resolve(ImageShape input, double? scale, int? width, int? height)
    {
        if (scale is { } factor)
        {
            if (width is not null || height is not null)
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, "A scale was given together with a width or height. Give one or the other.");
            if (!(factor > 0) || !double.IsFinite(factor))
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The scale {factor} is no factor: give a number above 0, such as 4.");
            return new ImageShape(Round(input.Width * factor), Round(input.Height * factor), input.Channels);
        }

        if (width is < 1 or > LongestSide || height is < 1 or > LongestSide)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The size {width?.ToString() ?? "any"}x{height?.ToString() ?? "any"} cannot be made: a side has 1 to {LongestSide} pixels.");
        return (width, height) switch
        {
            (null, null) => null,
            ({ } w, null) => new ImageShape(w, Round((double)input.Height * w / input.Width), input.Channels),
            (null, { } h) => new ImageShape(Round((double)input.Width * h / input.Height), h, input.Channels),
            ({ } w, { } h) => new ImageShape(w, h, input.Channels),
        };
    }

    private static int Round(double size)
        => size <= LongestSide
            ? Math.Max(1, (int)Math.Floor(size + 0.5))
            : throw new UpscaleException(UpscaleErrorId.ImageTooLarge, $"The result would have {size:0} pixels on a side; {LongestSide} are the most. Set a smaller size.");
}
