using System.Globalization;

namespace Upscale;

/// <summary>
/// The options of one stage: checked against the plugin's declaration, so that each has the declared type
/// (<see cref="string"/>, <see cref="long"/>, <see cref="double"/> or <see cref="bool"/>) or is absent.
/// </summary>
public sealed class StageOptions
{
    private readonly IReadOnlyDictionary<string, object> _values;

    /// <param name="values">Name to value; names are compared without regard to case.</param>
    public StageOptions(IEnumerable<KeyValuePair<string, object>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _values = new Dictionary<string, object>(values, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The names that have a value.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>True when the option was given or has a default.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A text or choice; null when absent.</summary>
    public string? GetString(string name) => _values.TryGetValue(name, out object? value) ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;

    /// <summary>A whole number; null when absent.</summary>
    public int? GetInteger(string name) => _values.TryGetValue(name, out object? value) ? Convert.ToInt32(value, CultureInfo.InvariantCulture) : null;

    /// <summary>A number; null when absent.</summary>
    public double? GetNumber(string name) => _values.TryGetValue(name, out object? value) ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;

    /// <summary>A switch; false when absent.</summary>
    public bool GetSwitch(string name) => _values.TryGetValue(name, out object? value) && Convert.ToBoolean(value, CultureInfo.InvariantCulture);
}
