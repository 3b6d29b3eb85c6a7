namespace Upscale.Interpolation;

/// <summary>The wanted size: a factor, a width, a height, or width and height.</summary>
public sealed record TargetSize
{
    /// <summary>Longest side of a result in pixels.</summary>
    public const int LongestSide = 10_000_000;

    /// <param name="scale">Factor for both sides, over 0; null when a side is given.</param>
    /// <param name="width">Pixels, at least 1; null when free.</param>
    /// <param name="height">Pixels, at least 1; null when free.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: nothing given, too much given, or out of range.</exception>
    public TargetSize(double? scale, int? width, int? height)
    {
        if (scale is null && width is null && height is null)
            throw Invalid("The interpolation stage was given no size. Set scale, width or height.");
        if (scale is not null && (width is not null || height is not null))
            throw Invalid("The interpolation stage was given a scale together with a width or height. Set either the one or the other.");
        if (scale is { } factor && !(factor > 0 && double.IsFinite(factor)))
            throw Invalid($"The scale {factor} cannot be used. Set a number over 0.");
        if (width is < 1 or > LongestSide || height is < 1 or > LongestSide)
            throw Invalid($"The size {width?.ToString() ?? "any"}x{height?.ToString() ?? "any"} cannot be used. A side has 1 to {LongestSide} pixels.");
        Scale = scale;
        Width = width;
        Height = height;
    }

    /// <summary>Factor for both sides; null when a side is given.</summary>
    public double? Scale { get; }

    /// <summary>Width in pixels; null when free.</summary>
    public int? Width { get; }

    /// <summary>Height in pixels; null when free.</summary>
    public int? Height { get; }

    /// <summary>
    /// The size of the result. A free side keeps the shape of the picture. Sides are rounded to whole pixels, halves up,
    /// and are at least 1.
    /// </summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ImageTooLarge"/>: a side would exceed <see cref="LongestSide"/>.</exception>
    public ImageShape Apply(ImageShape input)
    {
        double width = Width ?? Math.Floor((Scale is { } s ? input.Width * s : (double)input.Width * Height!.Value / input.Height) + 0.5);
        double height = Height ?? Math.Floor((Scale is { } t ? input.Height * t : (double)input.Height * Width!.Value / input.Width) + 0.5);
        if (width > LongestSide || height > LongestSide)
        {
            throw new UpscaleException(
                UpscaleErrorId.ImageTooLarge,
                $"A picture of {input.Width}x{input.Height} would become {width}x{height}. A side can have {LongestSide} pixels at most: set a smaller size.");
        }

        return input with { Width = Math.Max(1, (int)width), Height = Math.Max(1, (int)height) };
    }

    private static UpscaleException Invalid(string message) => new(UpscaleErrorId.OptionInvalid, message);
}
