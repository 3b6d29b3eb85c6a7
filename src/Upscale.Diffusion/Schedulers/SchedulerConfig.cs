using System.Text;
using System.Text.Json;

namespace Upscale.Diffusion;

/// <summary>
/// A scheduler_config.json as diffusers writes it. Keys that are absent or null take the default of the class that reads them, so one
/// file serves every class.
/// </summary>
public sealed class SchedulerConfig
{
    private readonly Dictionary<string, JsonElement> _values;

    private SchedulerConfig(string source, Dictionary<string, JsonElement> values)
    {
        Source = source;
        _values = values;
    }

    /// <summary>The file, for messages.</summary>
    public string Source { get; }

    /// <summary>The key <c>_class_name</c>, such as <c>DDIMScheduler</c>.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: the file has none.</exception>
    public string ClassName => Find("_class_name") is { ValueKind: JsonValueKind.String } name
        ? name.GetString()!
        : throw Invalid("_class_name", "is missing", "the name of a scheduler class, such as DDIMScheduler");

    /// <summary>Reads a file.</summary>
    /// <param name="path">Of scheduler_config.json.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotFound"/> or <see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    public static SchedulerConfig Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.ModelNotFound, $"The scheduler's config '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="json">Python's JSON: <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c> may stand for numbers.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: no JSON object.</exception>
    public static SchedulerConfig Parse(string json, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(QuoteNonFinite(json));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException($"it holds {document.RootElement.ValueKind}, no object");
            var values = new Dictionary<string, JsonElement>();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                values[property.Name] = property.Value.Clone();
            return new SchedulerConfig(source, values);
        }
        catch (JsonException error)
        {
            throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The scheduler's config '{source}' is no JSON that can be read: {error.Message}", error);
        }
    }

    /// <summary>The same config with one key set to another value.</summary>
    /// <param name="key">Any.</param>
    /// <param name="value">A number, text or truth value.</param>
    public SchedulerConfig With(string key, object value)
        => new(Source, new Dictionary<string, JsonElement>(_values) { [key] = JsonSerializer.SerializeToElement(value) });

    /// <summary>A number.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: something else is there.</exception>
    public double Number(string key, double fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { ValueKind: JsonValueKind.String } text when text.GetString() == "-Infinity" => double.NegativeInfinity,
        { ValueKind: JsonValueKind.String } text when text.GetString() == "Infinity" => double.PositiveInfinity,
        var other => throw Invalid(key, $"is {other}", "a number"),
    };

    /// <summary>A whole number.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: something else is there, or it is out of range.</exception>
    public int Integer(string key, int fallback, int minimum = int.MinValue, int maximum = int.MaxValue) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) && value >= minimum && value <= maximum => value,
        var other => throw Invalid(key, $"is {other}", $"a whole number from {minimum} to {maximum}"),
    };

    /// <summary>A truth value.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: something else is there.</exception>
    public bool Flag(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        var other => throw Invalid(key, $"is {other}", "true or false"),
    };

    /// <summary>Numbers in a list; null when there are none.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: something else is there.</exception>
    public double[]? Numbers(string key)
    {
        if (Find(key) is not { } list)
            return null;
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.Number))
            throw Invalid(key, $"is {list}", "a list of numbers");
        return [.. list.EnumerateArray().Select(e => e.GetDouble())];
    }

    /// <summary>One of several names.</summary>
    /// <param name="key">Any.</param>
    /// <param name="fallback">Taken when the key is absent.</param>
    /// <param name="known">The names that the file may hold, with what they mean.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: another name; the message lists the known ones.</exception>
    public T Choice<T>(string key, T fallback, params ReadOnlySpan<(string Name, T Value)> known)
    {
        if (Find(key) is not { } value)
            return fallback;
        var names = new List<string>();
        foreach ((string name, T meaning) in known)
        {
            if (value.ValueKind == JsonValueKind.String && value.GetString() == name)
                return meaning;
            names.Add(name);
        }

        throw Invalid(key, $"is {value}", string.Join(", ", names));
    }

    /// <summary>Refuses keys that ask for what is not implemented; false, null and absent are fine.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    public void Refuse(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (Find(key) is { } value && value.ValueKind != JsonValueKind.False)
                throw Invalid(key, $"is {value}, which is not supported", "false or null");
        }
    }

    /// <summary>An error that names file, key and what is known.</summary>
    internal UpscaleException Invalid(string key, string what, string known)
        => new(UpscaleErrorId.ModelNotSupported, $"In the scheduler's config '{Source}', '{key}' {what}; known is: {known}.");

    private JsonElement? Find(string key)
        => _values.TryGetValue(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string QuoteNonFinite(string json)
    {
        var result = new StringBuilder(json.Length);
        bool inText = false;
        for (int i = 0; i < json.Length; i++)
        {
            char c = json[i];
            if (c == '\\' && inText && i + 1 < json.Length)
            {
                result.Append(c).Append(json[++i]);
                continue;
            }

            if (c == '"')
                inText = !inText;
            string? word = inText ? null : NonFiniteAt(json.AsSpan(i));
            if (word is null)
            {
                result.Append(c);
                continue;
            }

            result.Append('"').Append(word).Append('"');
            i += word.Length - 1;
        }

        return result.ToString();
    }

    private static string? NonFiniteAt(ReadOnlySpan<char> json)
    {
        foreach (string word in (string[])["-Infinity", "Infinity", "NaN"])
        {
            if (json.StartsWith(word, StringComparison.Ordinal))
                return word;
        }

        return null;
    }
}
