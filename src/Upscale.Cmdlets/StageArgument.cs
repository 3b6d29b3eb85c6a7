using System.Collections;
using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>What <c>-Stage</c> takes, as the engine's specification of a stage.</summary>
internal static class StageArgument
{
    private const string IdKey = "id";

    /// <summary>Reads a chain.</summary>
    /// <param name="arguments">
    /// Each a text <c>ID:key=value,...</c>, a dictionary or an object with a member <c>id</c> and options as the other members
    /// (live or back from a job), or a stage as <c>Get-UpscaleStage</c> or a pipeline lists it.
    /// </param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static IReadOnlyList<StageSpec> ToSpecs(IEnumerable<object?> arguments)
    {
        var joined = new List<object?>();
        foreach (object? argument in arguments.Select(Unwrap))
        {
            if (argument is string text && IsOption(text) && joined.Count > 0 && joined[^1] is string stage)
                joined[^1] = $"{stage},{text}";
            else
                joined.Add(argument);
        }

        return [.. joined.Select(ToSpec)];
    }

    /// <summary>Without quotes, PowerShell takes the comma between options for one between stages.</summary>
    private static bool IsOption(string text)
        => text.IndexOfAny(['=', ':']) is >= 0 and int first && text[first] == '=';

    private static StageSpec ToSpec(object? argument) => argument switch
    {
        string text => StageSpec.Parse(text),
        StageSpec spec => spec,
        PSObject gone when gone.TypeNames.Contains("Deserialized." + typeof(StageSpec).FullName) => StageSpec.Parse(gone.ToString()),
        StageInfo info => new StageSpec(info.Id),
        IDictionary members => FromMembers(members.Cast<DictionaryEntry>().Select(e => (e.Key.ToString()!, e.Value))),
        PSObject members => FromMembers(members.Properties.Select(p => (p.Name, (object?)p.Value))),
        _ => throw Invalid($"'{argument}' is none"),
    };

    private static StageSpec FromMembers(IEnumerable<(string Name, object? Value)> members)
    {
        string? id = null;
        var options = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, object? wrapped) in members)
        {
            object value = Unwrap(wrapped) switch
            {
                null => throw Invalid($"'{name}' has no value"),
                SwitchParameter given => given.ToBool(),
                ModelCard card => card.Id,
                { } plain => plain,
            };
            if (name.Equals(IdKey, StringComparison.OrdinalIgnoreCase))
                id = value.ToString();
            else
                options[name] = value;
        }

        return string.IsNullOrWhiteSpace(id) ? throw Invalid("a member 'id' is missing") : new StageSpec(id, options);
    }

    private static object? Unwrap(object? value)
        => value is PSObject { BaseObject: not PSCustomObject } wrapper ? wrapper.BaseObject : value;

    private static UpscaleException Invalid(string why) => new(
        UpscaleErrorId.OptionInvalid,
        $"A stage cannot be read: {why}. Write it as 'gan:model=NAME,scale=2' or @{{ id = 'gan'; model = 'NAME'; scale = 2 }}.");
}
