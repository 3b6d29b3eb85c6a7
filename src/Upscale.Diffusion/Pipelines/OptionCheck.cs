using Upscale.Diffusion.Colour;

namespace Upscale.Diffusion.Pipelines;

/// <summary>Options that only some of a stage's pipelines know.</summary>
public static class OptionCheck
{
    /// <summary>Those of sampling with a scheduler and text.</summary>
    public static IReadOnlyList<string> Sampling { get; } =
    [
        "prompt", "negativePrompt", "promptWeights", "guidance", "steps", "scheduler", "eta", "noiseLevel", "overlap", "mask",
        "redraw", "seamPass", "seamStrength", "seamWidth", "seamBlur", "interpolation", "colorFix",
    ];

    /// <summary>Those of residual shifting.</summary>
    public static IReadOnlyList<string> ResidualShifting { get; } = ["temperature"];

    /// <summary>Tells the user of options that were given and have no effect with a model.</summary>
    /// <param name="options">Of the stage.</param>
    /// <param name="services">Told.</param>
    /// <param name="card">The model.</param>
    /// <param name="unused">Names of options that its pipeline does not know and that have no default.</param>
    public static void WarnOfUnused(StageOptions options, IStageServices services, ModelCard card, IReadOnlyList<string> unused)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(card);
        string[] given = [.. unused.Where(options.Has)];
        if (given.Length > 0)
            services.Warn($"The model '{card.Id}' ({card.Pipeline}) makes no use of {string.Join(", ", given.Select(o => $"'{o}'"))}.");
    }

    /// <summary>The option <c>colorFix</c>; wavelet where it is not given.</summary>
    public static ColorFix ColorFix(StageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.GetString("colorFix") is { } name ? Enum.Parse<ColorFix>(name, ignoreCase: true) : Colour.ColorFix.Wavelet;
    }
}
