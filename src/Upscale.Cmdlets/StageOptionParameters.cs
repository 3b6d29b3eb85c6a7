using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>The options that a stage declares, as parameters of a cmdlet.</summary>
internal static class StageOptionParameters
{
    /// <summary>A parameter for each option of a stage; none for a stage that is not there.</summary>
    /// <param name="stageId">As typed so far; null for none.</param>
    /// <param name="cmdlet">The cmdlet, whose own parameters go first: an option of such a name is given by <c>-Option</c>.</param>
    /// <param name="engine">Knows the stages.</param>
    public static RuntimeDefinedParameterDictionary Create(string? stageId, Type cmdlet, Func<UpscaleEngine> engine)
    {
        var parameters = new RuntimeDefinedParameterDictionary();
        StageInfo? stage;
        try
        {
            stage = engine().Stages.FirstOrDefault(s => s.Id.Equals(stageId, StringComparison.OrdinalIgnoreCase));
        }
        catch (UpscaleException)
        {
            // Told when the cmdlet runs.
            return parameters;
        }

        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        taken.UnionWith(cmdlet.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(p => p.Name));
        taken.UnionWith(Cmdlet.CommonParameters);
        taken.UnionWith(Cmdlet.OptionalCommonParameters);
        foreach (OptionInfo option in (stage?.Options ?? []).Where(o => !taken.Contains(o.Name)))
        {
            string name = char.ToUpperInvariant(option.Name[0]) + option.Name[1..];
            parameters.Add(name, new RuntimeDefinedParameter(name, ValueType(option), Attributes(option)));
        }

        return parameters;
    }

    /// <summary>The options that were given, with full paths.</summary>
    /// <param name="cmdlet">Whose session the paths are of.</param>
    /// <param name="parameters">From <see cref="Create"/>; null for none.</param>
    /// <param name="further">Options by name that have no parameter; null for none.</param>
    public static Dictionary<string, object> Given(PSCmdlet cmdlet, RuntimeDefinedParameterDictionary? parameters, IDictionary? further)
    {
        var given = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in further ?? new Hashtable())
            given[entry.Key.ToString()!] = Plain(entry.Value) ?? throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The option '{entry.Key}' has no value.");
        foreach (RuntimeDefinedParameter parameter in parameters?.Values.Where(p => p.IsSet) ?? [])
        {
            object? value = Plain(parameter.Value);
            bool isPath = parameter.Attributes.OfType<PathOptionAttribute>().Any() || (value is string text && parameter.Attributes.OfType<NameOfAttribute>().Any() && ModelName.IsPath(text));
            given[parameter.Name] = isPath ? FilePaths.Literal(cmdlet, value!.ToString()!) : value!;
        }

        return given;
    }

    private static object? Plain(object? value) => (value is PSObject wrapper ? wrapper.BaseObject : value) switch
    {
        SwitchParameter on => on.ToBool(),
        ModelCard card => card.Id,
        var plain => plain,
    };

    private static Type ValueType(OptionInfo option) => option.Type switch
    {
        "integer" => typeof(int),
        "number" => typeof(double),
        "switch" => typeof(SwitchParameter),
        _ => typeof(string),
    };

    private static Collection<Attribute> Attributes(OptionInfo option)
    {
        var attributes = new Collection<Attribute> { new ParameterAttribute { HelpMessage = option.Help ?? option.Name } };
        switch (option.Type)
        {
            case "integer" when option.Minimum is not null || option.Maximum is not null:
                attributes.Add(new ValidateRangeAttribute((int)(option.Minimum ?? int.MinValue), (int)(option.Maximum ?? int.MaxValue)));
                break;
            case "number" when option.Minimum is not null || option.Maximum is not null:
                attributes.Add(new ValidateRangeAttribute(option.Minimum ?? double.MinValue, option.Maximum ?? double.MaxValue));
                break;
            case "choice":
                attributes.Add(new ValidateSetAttribute([.. option.Choices]));
                break;
            case "model":
                attributes.Add(new NameOfAttribute(nameof(ModelCard.Id)));
                attributes.Add(new ArgumentCompleterAttribute(typeof(ModelCompleter)));
                break;
            case "path":
                attributes.Add(new PathOptionAttribute());
                break;
        }

        return attributes;
    }

    /// <summary>Marks an option whose value is a path of the session.</summary>
    [AttributeUsage(AttributeTargets.Property)]
    private sealed class PathOptionAttribute : Attribute;
}
