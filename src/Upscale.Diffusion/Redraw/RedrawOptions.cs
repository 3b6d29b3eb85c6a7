namespace Upscale.Diffusion.Redraw;

/// <summary>How a picture is made anew tile by tile. What the numbers are by default is what users of Ultimate SD Upscale know.</summary>
public sealed record RedrawOptions
{
    private const string Fused = "fused";

    private static readonly string[] s_ofSeams = ["seamStrength", "seamWidth", "seamBlur"];

    /// <summary>The order of the tiles.</summary>
    public required RedrawOrder Order { get; init; }

    /// <summary>What follows after the tiles.</summary>
    public SeamPass SeamPass { get; init; }

    /// <summary>0..1: the strength of the seam pass; 0 for none.</summary>
    public double SeamStrength { get; init; } = 0.35;

    /// <summary>Width of a band in pixels.</summary>
    public int SeamWidth { get; init; } = 64;

    /// <summary>Softness of the edges of masks: they fade over twice as many pixels.</summary>
    public int SeamBlur { get; init; } = 8;

    /// <summary>Reads the options of a stage.</summary>
    /// <param name="options"><c>redraw</c>, <c>seamPass</c>, <c>seamStrength</c>, <c>seamWidth</c>, <c>seamBlur</c>.</param>
    /// <returns>Null for <c>redraw=fused</c>, which is the default: there are no tiles then that are made anew one by one.</returns>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: an option that needs tiles was given without them.</exception>
    public static RedrawOptions? Read(StageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        SeamPass pass = Parse<SeamPass>(options.GetString("seamPass") ?? nameof(SeamPass.None));
        if ((options.GetString("redraw") ?? Fused) is var redraw && redraw.Equals(Fused, StringComparison.OrdinalIgnoreCase))
        {
            string? unfit = pass != SeamPass.None ? "seamPass" : s_ofSeams.FirstOrDefault(options.Has);
            return unfit is null
                ? null
                : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"'{unfit}' is for tiles that are made anew one by one; 'redraw={Fused}' leaves no seams. Say 'redraw=linear' or 'redraw=chess', or leave out '{unfit}'.");
        }

        var read = new RedrawOptions { Order = Parse<RedrawOrder>(redraw), SeamPass = pass };
        return read with
        {
            SeamStrength = options.GetNumber("seamStrength") ?? read.SeamStrength,
            SeamWidth = options.GetInteger("seamWidth") ?? read.SeamWidth,
            SeamBlur = options.GetInteger("seamBlur") ?? read.SeamBlur,
        };
    }

    private static T Parse<T>(string choice)
        where T : struct, Enum
        => Enum.Parse<T>(choice.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
}
