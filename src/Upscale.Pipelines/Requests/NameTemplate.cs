using System.Globalization;
using System.Text.RegularExpressions;
using Upscale.Imaging;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines;

/// <summary>
/// Makes file names from a template with the tokens {name} (source without extension), {ext} (of the source, no dot), {dir} (name of the
/// source's folder), {scale}, {width}, {height} (of the result), {model} (networks, or <c>none</c>), {stage} (ids of the stages), {index} (place of
/// the source in the run, from 1) and {date} (when the run began). Numbers and the date may have a format: {index:000}, {date:yyyyMMdd}.
/// </summary>
public static partial class NameTemplate
{
    /// <summary>The template when none is given.</summary>
    public const string Default = "{name}_{scale}x";

    /// <summary>The template when none is given and one call runs several networks.</summary>
    public const string DefaultOfSeveralModels = "{name}_{scale}x_{model}";

    private const string DateFormat = "yyyy-MM-dd";

    private static readonly NameValues s_any = new() { Source = "/a/b.png", Output = new ImageShape(1, 1, 3), Scale = 1 };

    // In the order in which they are listed in messages.
    private static readonly Dictionary<string, Func<NameValues, object>> s_tokens = new(StringComparer.OrdinalIgnoreCase)
    {
        ["name"] = v => Path.GetFileNameWithoutExtension(v.Source),
        ["ext"] = v => Path.GetExtension(v.Source).TrimStart('.'),
        ["dir"] = v => Path.GetFileName(Path.GetDirectoryName(v.Source)) is { Length: > 0 } folder ? folder : "root",
        ["scale"] = v => v.Scale,
        ["width"] = v => v.Output.Width,
        ["height"] = v => v.Output.Height,
        ["model"] = v => string.Join('+', v.Models.Distinct()) is { Length: > 0 } joined ? joined : "none",
        ["stage"] = v => string.Join('+', v.Stages),
        ["index"] = v => v.Index,
        ["date"] = v => v.Date,
    };

    /// <summary>Checks a template before any picture is opened.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static void Check(string template)
    {
        if (string.IsNullOrWhiteSpace(template))
            throw Invalid($"The name template is empty. The default is {Default}.");
        string text = TokenPattern().Replace(template, "");
        if (text.AsSpan().IndexOfAny('/', '\\') >= 0)
            throw Invalid($"The name template '{template}' has a folder in it. Name the folder as the destination.");
        if (text.AsSpan().IndexOfAny('{', '}') >= 0)
            throw Invalid($"The name template '{template}' has a brace that belongs to no token. Tokens are written as {{name}} or {{index:000}}.");
        foreach (Match match in TokenPattern().Matches(template))
        {
            string name = match.Groups[1].Value;
            if (!s_tokens.TryGetValue(name, out Func<NameValues, object>? value))
                throw Invalid($"The name template has the unknown token {match.Value}.{NearestName.Suggest(name, s_tokens.Keys)} Known are {string.Join(' ', s_tokens.Keys.Select(t => $"{{{t}}}"))}.");
            if (match.Groups[2].Success && value(s_any) is string)
                throw Invalid($"The token {match.Value} of the name template has a format, which only numbers and the date have.");
            try
            {
                _ = Format(value(s_any), match.Groups[2]);
            }
            catch (FormatException e)
            {
                throw Invalid($"The token {match.Value} of the name template has a format that cannot be used: {e.Message}");
            }
        }
    }

    /// <summary>The file name with its extension: the source's own where the format has it, else the format's first.</summary>
    /// <param name="template">A template that <see cref="Check"/> accepts. A picture's extension at its end gives way to the right one.</param>
    /// <param name="values">What the tokens stand for.</param>
    /// <param name="format">Format of the result.</param>
    public static string Expand(string template, NameValues values, ImageFormat format)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(format);
        string name = TokenPattern().Replace(WithoutExtension(template), match => Format(s_tokens[match.Groups[1].Value](values), match.Groups[2]));
        foreach (char invalid in Path.GetInvalidFileNameChars())
            name = name.Replace(invalid, '_');
        string extension = Path.GetExtension(values.Source);
        return name + (format.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase) ? extension : format.Extensions[0]);
    }

    private static string WithoutExtension(string template)
    {
        const string Token = ".{ext}";
        string cut = template.EndsWith(Token, StringComparison.OrdinalIgnoreCase) ? template[..^Token.Length]
            : ImageFormats.HasPictureExtension(template) ? Path.ChangeExtension(template, null)
            : template;
        return cut.Length == 0 ? template : cut;
    }

    private static string Format(object value, Group format) => value switch
    {
        string text => text,
        double number => number.ToString(format.Success ? format.Value : "0.##", CultureInfo.InvariantCulture),
        DateTimeOffset date => date.ToString(format.Success ? format.Value : DateFormat, CultureInfo.InvariantCulture),
        _ => ((IFormattable)value).ToString(format.Success ? format.Value : null, CultureInfo.InvariantCulture),
    };

    private static UpscaleException Invalid(string message) => new(UpscaleErrorId.OptionInvalid, message);

    [GeneratedRegex(@"\{(\w+)(?::([^{}]+))?\}")]
    private static partial Regex TokenPattern();
}
