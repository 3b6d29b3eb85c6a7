using System.Globalization;
using System.Text.RegularExpressions;

namespace Upscale.Inference;

/// <summary>What authors write into a graph's metadata about its pictures.</summary>
internal static partial class ModelMetadataKeys
{
    private static readonly string[] s_order = ["color_order", "colour_order", "channel_order", "color_format", "color_space"];
    private static readonly string[] s_range = ["input_range", "value_range", "range"];

    /// <summary>True when the graph wants blue first.</summary>
    public static bool IsBgr(IReadOnlyDictionary<string, string> metadata)
        => Find(metadata, s_order)?.Contains("BGR", StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>The values of black and white, such as <c>0-255</c> or <c>-1..1</c>; null when nothing readable is said.</summary>
    public static (double Black, double White)? Range(IReadOnlyDictionary<string, string> metadata)
    {
        Match match = RangePattern().Match(Find(metadata, s_range) ?? "");
        return match.Success ? (Number(match.Groups[1].Value), Number(match.Groups[2].Value)) : null;
    }

    /// <summary>The value of a key, in any case.</summary>
    public static string? Find(IReadOnlyDictionary<string, string> metadata, params string[] keys)
        => keys.Select(k => metadata.FirstOrDefault(m => string.Equals(m.Key, k, StringComparison.OrdinalIgnoreCase)).Value)
            .FirstOrDefault(v => !string.IsNullOrWhiteSpace(v));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*[\[(]?\s*(-?\d+(?:\.\d+)?)\s*(?:-|\.\.|,|:|to)\s*(-?\d+(?:\.\d+)?)\s*[\])]?\s*$")]
    private static partial Regex RangePattern();
}
