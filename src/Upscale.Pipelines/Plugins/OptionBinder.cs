using System.Globalization;

namespace Upscale.Pipelines.Plugins;

/// <summary>Checks the options that were given against those that a stage declares.</summary>
internal static class OptionBinder
{
    /// <summary>The checked options with defaults filled in.</summary>
    /// <param name="stage">The declaration.</param>
    /// <param name="given">Name to value: text, number or switch.</param>
    /// <param name="baseFolder">Folder that relative paths start from.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>; <see cref="UpscaleErrorId.FileNotFound"/>: nothing is at a path.</exception>
    public static StageOptions Bind(StageInfo stage, IReadOnlyDictionary<string, object> given, string baseFolder)
    {
        var values = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (OptionInfo option in stage.Options)
        {
            if (option.Default is not null)
                values[option.Name] = option.Default;
        }

        foreach ((string name, object value) in given)
        {
            OptionInfo option = Find(stage, name);
            values[option.Name] = Convert(option, value, baseFolder);
        }

        return new StageOptions(values);
    }

    /// <summary>The declaration of an option.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static OptionInfo Find(StageInfo stage, string name)
        => stage.Options.FirstOrDefault(o => o.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"The stage '{stage.Id}' has no option '{name}'.{NearestName.Suggest(name, stage.Options.Select(o => o.Name))} Its options are: {string.Join(", ", stage.Options.Select(o => o.Name))}.");

    /// <summary>Full paths of the files that options name, in the order of the declaration.</summary>
    /// <inheritdoc cref="Bind"/>
    public static IEnumerable<string> Files(StageInfo stage, IReadOnlyDictionary<string, object> given, string baseFolder)
    {
        StageOptions options = Bind(stage, given, baseFolder);
        return stage.Options.Where(o => o.Type == "path" && options.Names.Contains(o.Name)).Select(o => options.GetString(o.Name)!);
    }

    /// <summary>The value in the option's declared type.</summary>
    /// <param name="option">The declaration.</param>
    /// <param name="value">As given.</param>
    /// <param name="baseFolder">Folder that relative paths start from; null leaves paths as they are.</param>
    public static object Convert(OptionInfo option, object value, string? baseFolder)
    {
        string text = System.Convert.ToString(value, CultureInfo.InvariantCulture)?.Trim() ?? "";
        switch (option.Type)
        {
            case "switch":
                return text.ToLowerInvariant() switch
                {
                    "true" or "1" or "yes" or "on" => true,
                    "false" or "0" or "no" or "off" => false,
                    _ => throw Invalid(option, text, "true or false"),
                };
            case "integer":
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double whole) || whole != Math.Floor(whole) || Math.Abs(whole) > int.MaxValue)
                    throw Invalid(option, text, "a whole number");
                return (long)InRange(option, whole, text);
            case "number":
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
                    throw Invalid(option, text, "a number");
                return InRange(option, number, text);
            case "choice":
                return option.Choices.FirstOrDefault(c => c.Equals(text, StringComparison.OrdinalIgnoreCase))
                    ?? throw new UpscaleException(
                        UpscaleErrorId.OptionInvalid,
                        $"The option '{option.Name}' has no choice '{text}'.{NearestName.Suggest(text, option.Choices)} The choices are: {string.Join(", ", option.Choices)}.");
            case "model":
                return baseFolder is not null && ModelName.IsPath(text) ? Path.GetFullPath(text, baseFolder) : text;
            case "path":
                return baseFolder is null ? text : Existing(option, text, baseFolder);
            case "string":
                return text;
            default:
                throw Invalid(option, text, $"of a known type; '{option.Type}' is none");
        }
    }

    private static string Existing(OptionInfo option, string text, string baseFolder)
    {
        if (text.Length == 0)
            throw Invalid(option, text, "the path of a file");
        string path = Path.GetFullPath(text, baseFolder);
        return Path.Exists(path) ? path : throw new UpscaleException(UpscaleErrorId.FileNotFound, $"The option '{option.Name}' names {path}, and nothing is there.");
    }

    private static double InRange(OptionInfo option, double number, string text)
        => number < option.Minimum || number > option.Maximum
            ? throw Invalid(option, text, (option.Minimum, option.Maximum) switch
            {
                ({ } low, { } high) => FormattableString.Invariant($"from {low} to {high}"),
                ({ } low, null) => FormattableString.Invariant($"at least {low}"),
                _ => FormattableString.Invariant($"at most {option.Maximum}"),
            })
            : number;

    private static UpscaleException Invalid(OptionInfo option, string text, string expected)
        => new(UpscaleErrorId.OptionInvalid, $"The option '{option.Name}' cannot be '{text}': it must be {expected}.");
}
