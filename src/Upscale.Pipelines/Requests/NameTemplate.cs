using System.Globalization;
using System.Text.RegularExpressions;

namespace Upscale.Pipelines;

/// <summary>
/// Makes file names from a template with the tokens {name} (source without extension), {ext} (of the source, no dot), {scale},
/// {width}, {height} (of the result), {model} (networks, or <c>none</c>) and {stage} (ids of the stages).
/// </summary>
public static partial class NameTemplate
{
    /// <summary>The template when none is given.</summary>
    public const string Default = "{name}_{scale}x";

    private static readonly string[] s_tokens = ["name", "ext", "scale", "width", "height", "model", "stage"];

    /// <summary>Checks a template before any picture is opened.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static void Check(string template)
    {
        if (string.IsNullOrWhiteSpace(template))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The name template is empty. The default is {Default}.");
        if (template.AsSpan().IndexOfAny('/', '\\') >= 0)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The name template '{template}' has a folder in it. Name the folder as the destination.");
        foreach (Match match in TokenPattern().Matches(template))
        {
            if (!s_tokens.Contains(match.Groups[1].Value, StringComparer.OrdinalIgnoreCase))
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The name template has the unknown token {match.Value}. Known are {string.Join(' ', s_tokens.Select(t => $"{{{t}}}"))}.");
        }
    }

    /// <summary>The file name without extension.</summary>
    /// <param name="template">A template that <see cref="Check"/> accepts.</param>
    /// <param name="source">Path of the source.</param>
    /// <param name="output">Size of the result.</param>
    /// <param name="scale">Width of the result over width of the source.</param>
    /// <param name="models">Networks that run.</param>
    /// <param name="stages">Ids of the stages.</param>
    public static string Expand(string template, string source, ImageShape output, double scale, IEnumerable<string> models, IEnumerable<string> stages)
    {
        string name = TokenPattern().Replace(template, match => match.Groups[1].Value.ToLowerInvariant() switch
        {
            "name" => Path.GetFileNameWithoutExtension(source),
            "ext" => Path.GetExtension(source).TrimStart('.'),
            "scale" => scale.ToString("0.##", CultureInfo.InvariantCulture),
            "width" => output.Width.ToString(CultureInfo.InvariantCulture),
            "height" => output.Height.ToString(CultureInfo.InvariantCulture),
            "model" => string.Join('+', models.Distinct()) is { Length: > 0 } joined ? joined : "none",
            "stage" => string.Join('+', stages),
            _ => match.Value,
        });
        foreach (char invalid in Path.GetInvalidFileNameChars())
            name = name.Replace(invalid, '_');
        return name;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex TokenPattern();
}
