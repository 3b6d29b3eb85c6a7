namespace Upscale.Imaging;

/// <summary>The names of <see cref="SampleDepth"/> as users write them.</summary>
public static class SampleDepths
{
    /// <summary><c>8</c>, <c>16</c>, <c>Float</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["8", "16", "Float"];

    /// <summary>The depth of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>, in any case.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: none of them.</exception>
    public static SampleDepth FromName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.ToUpperInvariant() switch
        {
            "8" => SampleDepth.Eight,
            "16" => SampleDepth.Sixteen,
            "FLOAT" => SampleDepth.Float,
            _ => throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"'{name}' is no depth. Choose one of {string.Join(", ", Names)}."),
        };
    }

    /// <summary>The name of a depth: one of <see cref="Names"/>.</summary>
    public static string Name(SampleDepth depth) => depth switch { SampleDepth.Eight => Names[0], SampleDepth.Sixteen => Names[1], _ => Names[2] };

    /// <summary>For messages: "16 bits", "32 bits (float)".</summary>
    internal static string Describe(SampleDepth depth) => depth == SampleDepth.Float ? "32 bits (float)" : $"{(int)depth} bits";
}
