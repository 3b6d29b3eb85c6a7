using System.Globalization;

namespace Upscale.Interpolation;

/// <summary>What the stage <c>resize</c> makes of a size: the size of the result, and the part of the picture that it shows.</summary>
internal sealed class ResizeTarget
{
    /// <summary>What the edges of a box that was computed may be off, in pixels.</summary>
    private const double Rounding = 1e-6;

    private readonly int? _width;
    private readonly int? _height;
    private readonly double? _pixels;
    private readonly string _mode;
    private readonly ImageRegion? _box;

    /// <param name="options">Those of the stage.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: they do not fit together.</exception>
    public ResizeTarget(StageOptions options)
    {
        _width = options.GetInteger("width");
        _height = options.GetInteger("height");
        _pixels = options.GetNumber("megapixels") * 1e6;
        _mode = options.GetString("mode") ?? "exact";
        _box = options.GetString("box") is { } box ? ReadBox(box) : null;
        if (_pixels is not null && (_width ?? _height) is not null)
            throw Invalid("was given megapixels together with a width or height. Give one or the other.");
        if (_mode != "exact" && (_width is null || _height is null))
            throw Invalid($"needs both width and height with mode {_mode}.");
        if ((_pixels ?? _width ?? _height) is null && _box is null)
            throw Invalid("was given no size. Set width, height, megapixels or box.");
    }

    /// <summary>The size of the result, and the part of the input that it shows; null for all.</summary>
    /// <exception cref="UpscaleException">The box does not lie in the picture, or the result is too large.</exception>
    public (ImageShape Output, ImageRegion? Region) For(ImageShape input)
    {
        if (_box is { } box && (box.X + box.Width > input.Width + Rounding || box.Y + box.Height > input.Height + Rounding))
            throw Invalid($"was told to take the part {Text(box)} (left, top, width, height), which does not lie in the picture of {input.Width}x{input.Height} pixels.");
        var whole = new ImageRegion(0, 0, input.Width, input.Height);
        ImageRegion part = _box ?? whole;
        if (_mode == "fill")
            part = Centre(part, (double)_width!.Value / _height!.Value);
        (double width, double height) = (_pixels, _mode) switch
        {
            ({ } pixels, _) => Scaled(part, Math.Sqrt(pixels / (part.Width * part.Height))),
            (_, "fit") => Scaled(part, Math.Min(_width!.Value / part.Width, _height!.Value / part.Height)),
            _ => (_width ?? (part.Width * (_height ?? part.Height) / part.Height), _height ?? (part.Height * (_width ?? part.Width) / part.Width)),
        };
        return (TargetSize.Resolve(input, null, Whole(width), Whole(height))!.Value, part == whole ? null : part);
    }

    private static (double Width, double Height) Scaled(ImageRegion part, double scale) => (part.Width * scale, part.Height * scale);

    /// <summary>The largest part around the centre that has the given ratio of width to height.</summary>
    private static ImageRegion Centre(ImageRegion part, double ratio)
    {
        double width = Math.Min(part.Width, part.Height * ratio);
        double height = Math.Min(part.Height, part.Width / ratio);
        return new ImageRegion(part.X + ((part.Width - width) / 2), part.Y + ((part.Height - height) / 2), width, height);
    }

    private static int Whole(double size) => (int)Math.Clamp(Math.Floor(size + 0.5), 1, int.MaxValue);

    private static ImageRegion ReadBox(string text)
    {
        string[] parts = text.Split(',');
        var numbers = new double[4];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (parts.Length != numbers.Length || !double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
                throw Invalid($"has the box '{text}', which cannot be read. Write left,top,width,height in pixels, such as \"10,20,300,200\".");
        }

        var box = new ImageRegion(numbers[0], numbers[1], numbers[2], numbers[3]);
        return box is { X: >= 0, Y: >= 0, Width: > 0, Height: > 0 } && numbers.All(double.IsFinite)
            ? box
            : throw Invalid($"has the box '{text}': left and top are at least 0, width and height over 0.");
    }

    private static string Text(ImageRegion box) => string.Create(CultureInfo.InvariantCulture, $"{box.X},{box.Y},{box.Width},{box.Height}");

    private static UpscaleException Invalid(string why) => new(UpscaleErrorId.OptionInvalid, $"The stage 'resize' {why}");
}
