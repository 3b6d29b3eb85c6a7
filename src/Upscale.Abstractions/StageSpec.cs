using System.Globalization;

namespace Upscale;

/// <summary>A stage as the user names it, with the options that were given: a link of a chain. Its text is all of it, so that it survives jobs and remoting.</summary>
/// <param name="Id">Id of the stage, such as <c>gan</c>.</param>
/// <param name="Options">Option name to value (text, number or switch), not yet checked.</param>
public sealed record StageSpec(string Id, IReadOnlyDictionary<string, object> Options)
{
    /// <summary>A stage with no options.</summary>
    public StageSpec(string id) : this(id, new Dictionary<string, object>())
    {
    }

    /// <summary>
    /// Reads <c>ID[:key=value[,key=value...]]</c>. A key without a value is a switch that is on. A value with a comma stands
    /// in double quotes, those within it doubled.
    /// </summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static StageSpec Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string id = (colon < 0 ? text : text[..colon]).Trim();
        if (id.Length == 0)
            throw Malformed(text, "it names no stage");
        var options = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        if (colon >= 0)
        {
            foreach (string part in SplitOutsideQuotes(text[(colon + 1)..], text))
            {
                int equals = part.IndexOf('=', StringComparison.Ordinal);
                string key = (equals < 0 ? part : part[..equals]).Trim();
                if (key.Length == 0)
                    throw Malformed(text, "an option has no name");
                object value = equals < 0 ? true : Unquote(part[(equals + 1)..].Trim());
                if (!options.TryAdd(key, value))
                    throw Malformed(text, $"the option '{key}' is given twice");
            }
        }

        return new StageSpec(id, options);
    }

    /// <summary>The same stage with some options set.</summary>
    public StageSpec With(params (string Name, object Value)[] options)
    {
        var all = new Dictionary<string, object>(Options, StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object value) in options)
            all[name] = value;
        return new StageSpec(Id, all);
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString()
        => Options.Count == 0 ? Id : $"{Id}:{string.Join(',', Options.Select(o => $"{o.Key}={Quote(Convert.ToString(o.Value, CultureInfo.InvariantCulture) ?? "")}"))}";

    private static UpscaleException Malformed(string text, string why)
        => new(UpscaleErrorId.OptionInvalid, $"The stage '{text}' cannot be read: {why}. Write it as ID:key=value,key=value, for example interpolation:kernel=bicubic.");

    private static IEnumerable<string> SplitOutsideQuotes(string text, string whole)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                quoted = !quoted;
            if (text[i] != ',' || quoted)
                continue;
            yield return text[start..i];
            start = i + 1;
        }

        if (quoted)
            throw Malformed(whole, "a double quote is not closed");
        yield return text[start..];
    }

    private static string Unquote(string value) => value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : value;

    private static string Quote(string value)
        => value.AsSpan().ContainsAny(',', '"') || value != value.Trim() ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
}
