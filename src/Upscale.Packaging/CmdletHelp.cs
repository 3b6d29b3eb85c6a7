using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;

namespace Upscale.Packaging;

/// <summary>
/// Help of cmdlets in MAML, the form that Get-Help reads. Names, types, sets, places and bounds are those of the cmdlets, descriptions of parameters and
/// outputs their documentation comments; the rest stands in the pages.
/// </summary>
/// <param name="session">The built module.</param>
/// <param name="comments">Of its assemblies.</param>
internal sealed class CmdletHelp(ModuleSession session, Comments comments)
{
    private static readonly XNamespace s_root = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>Writes the help of cmdlets.</summary>
    /// <exception cref="HelpException">Something has no description.</exception>
    public string Write(IEnumerable<(CmdletInfo Cmdlet, CmdletPage Page)> cmdlets)
    {
        var items = new XElement(
            s_root + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", s_maml),
            new XAttribute(XNamespace.Xmlns + "command", s_command),
            new XAttribute(XNamespace.Xmlns + "dev", s_dev),
            cmdlets.Select(c => Command(c.Cmdlet, c.Page)));
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{items.ToString().ReplaceLineEndings("\n")}\n";
    }

    private XElement Command(CmdletInfo cmdlet, CmdletPage page)
    {
        string[] verbAndNoun = cmdlet.Name.Split('-');
        ParameterHelp[] parameters = [.. OwnParameters(cmdlet), .. StageParameters(cmdlet), .. SharedParameters(cmdlet)];
        return new XElement(
            s_command + "command",
            new XElement(
                s_command + "details",
                new XElement(s_command + "name", cmdlet.Name),
                new XElement(s_command + "verb", verbAndNoun[0]),
                new XElement(s_command + "noun", verbAndNoun[1]),
                Description([page.Synopsis])),
            Description(page.Description),
            new XElement(s_command + "syntax", cmdlet.ParameterSets.OrderByDescending(s => s.IsDefault).Select(s => SyntaxItem(cmdlet, s, parameters))),
            new XElement(s_command + "parameters", parameters.Select(p => Parameter(p, p.Sets.FirstOrDefault(), inSyntax: false))),
            new XElement(s_command + "inputTypes", Inputs(parameters)),
            new XElement(s_command + "returnValues", Outputs(cmdlet, page)),
            page.Notes.Count == 0 ? null : new XElement(s_maml + "alertSet", new XElement(s_maml + "alert", Paragraphs(page.Notes))),
            new XElement(s_command + "examples", page.Examples.Select((e, i) => new XElement(
                s_command + "example",
                new XElement(s_maml + "title", $"-------- Example {i + 1}: {e.Title} --------"),
                new XElement(s_dev + "code", e.Code),
                // Get-Help puts no line between an example and the next one's title.
                new XElement(s_dev + "remarks", Paragraphs([.. e.Remarks, ""]))))),
            new XElement(s_maml + "relatedLinks", page.Links.Select(l => new XElement(s_maml + "navigationLink", new XElement(s_maml + "linkText", l), new XElement(s_maml + "uri")))));
    }

    private IEnumerable<ParameterHelp> OwnParameters(CmdletInfo cmdlet)
    {
        object instance = Activator.CreateInstance(cmdlet.ImplementingType)!;
        foreach (ParameterMetadata parameter in cmdlet.Parameters.Values.Where(p => !p.IsDynamic && !IsShared(p)).OrderBy(p => Place(Sets(cmdlet, p)[0])))
        {
            PropertyInfo property = cmdlet.ImplementingType.GetProperty(parameter.Name)!;
            string summary = comments.Of(property.DeclaringType!, property.Name, member => cmdlet.Parameters.ContainsKey(member) ? "-" + member : null)
                ?? throw new HelpException($"The parameter -{parameter.Name} of {cmdlet.Name} has no documentation comment, which is its help.");
            string value = Text(property.GetValue(instance));
            yield return new ParameterHelp(parameter, Sets(cmdlet, parameter), [summary, .. Values(Plain(parameter.ParameterType)), .. Bounds(parameter)], value);
        }
    }

    /// <summary>The parameters that stages bring along: they depend on the first argument.</summary>
    private IEnumerable<ParameterHelp> StageParameters(CmdletInfo cmdlet)
    {
        if (!typeof(IDynamicParameters).IsAssignableFrom(cmdlet.ImplementingType))
            return [];
        return session.Stages
            .SelectMany(stage => session.DynamicParameters(cmdlet.Name, Member(stage, "Id")).Select(parameter => (Stage: Member(stage, "Id"), Text: OptionText(stage, parameter), Parameter: parameter)))
            .GroupBy(o => o.Parameter.Name, StringComparer.OrdinalIgnoreCase)
            .OrderBy(g => g.Key, StringComparer.OrdinalIgnoreCase)
            .Select(g => new ParameterHelp(
                g.First().Parameter,
                [],
                [.. g.GroupBy(o => o.Text).Select(same => $"With the stage {string.Join(", ", same.Select(o => o.Stage))}: {same.Key}")],
                ""));
    }

    private static IEnumerable<ParameterHelp> SharedParameters(CmdletInfo cmdlet) => cmdlet.Parameters.Values
        .Where(p => Cmdlet.OptionalCommonParameters.Contains(p.Name))
        .Select(p => new ParameterHelp(p, Sets(cmdlet, p), [p.Name == "WhatIf" ? "Says what would be done, and does nothing." : "Asks before anything is done."], "False"));

    private static bool IsShared(ParameterMetadata parameter) => Cmdlet.CommonParameters.Contains(parameter.Name) || Cmdlet.OptionalCommonParameters.Contains(parameter.Name);

    private static CommandParameterInfo[] Sets(CmdletInfo cmdlet, ParameterMetadata parameter)
        => [.. cmdlet.ParameterSets.OrderByDescending(s => s.IsDefault).SelectMany(s => s.Parameters.Where(p => p.Name == parameter.Name))];

    private static string OptionText(PSObject stage, ParameterMetadata parameter)
    {
        PSObject option = ((IEnumerable)stage.Properties["Options"].Value).Cast<object>().Select(PSObject.AsPSObject)
            .Single(o => Member(o, "Name").Equals(parameter.Name, StringComparison.OrdinalIgnoreCase));
        string value = parameter.SwitchParameter ? "" : Member(option, "Default");
        return string.Join(' ', [Member(option, "Help"), .. Bounds(parameter), .. value.Length > 0 ? [$"Default: {value}."] : Array.Empty<string>()]);
    }

    /// <summary>The values of an enumeration and what they mean.</summary>
    private IEnumerable<string> Values(Type type) => type.IsEnum
        ? Enum.GetNames(type).Select(name => $"- {name}: {comments.Of(type, name, _ => null) ?? throw new HelpException($"The value {name} of {type} has no documentation comment, which is its help.")}")
        : [];

    private static IEnumerable<string> Bounds(ParameterMetadata parameter)
    {
        foreach (ValidateRangeAttribute range in parameter.Attributes.OfType<ValidateRangeAttribute>())
        {
            bool open = range.MaxRange is int.MaxValue or long.MaxValue or double.MaxValue;
            yield return open ? $"{Text(range.MinRange)} or more." : $"From {Text(range.MinRange)} to {Text(range.MaxRange)}.";
        }

        foreach (ValidateSetAttribute set in parameter.Attributes.OfType<ValidateSetAttribute>())
            yield return $"One of {string.Join(", ", set.ValidValues)}.";
    }

    /// <summary>Parameters with a position come first, then the other mandatory ones.</summary>
    private static int Place(CommandParameterInfo parameter) => parameter switch
    {
        { Position: >= 0 } => parameter.Position,
        { IsMandatory: true } => int.MaxValue - 1,
        _ => int.MaxValue,
    };

    private static XElement SyntaxItem(CmdletInfo cmdlet, CommandParameterSetInfo set, IReadOnlyList<ParameterHelp> parameters) => new(
        s_command + "syntaxItem",
        new XElement(s_maml + "name", cmdlet.Name),
        set.Parameters
            .Where(p => !Cmdlet.CommonParameters.Contains(p.Name))
            .OrderBy(Place)
            .Select(p => Parameter(parameters.First(h => h.Metadata.Name == p.Name), p, inSyntax: true)));

    private static XElement Parameter(ParameterHelp help, CommandParameterInfo? inSet, bool inSyntax)
    {
        Type type = Plain(help.Metadata.ParameterType);
        bool isSwitch = type == typeof(SwitchParameter);
        var element = new XElement(
            s_command + "parameter",
            new XAttribute("required", inSet is { IsMandatory: true } ? "true" : "false"),
            new XAttribute("variableLength", type.IsArray ? "true" : "false"),
            new XAttribute("globbing", help.Metadata.Attributes.OfType<SupportsWildcardsAttribute>().Any() ? "true" : "false"),
            new XAttribute("pipelineInput", PipelineInput(help)),
            new XAttribute("position", inSet is { Position: >= 0 } ? Text(inSet.Position) : "named"),
            new XAttribute("aliases", string.Join(", ", help.Metadata.Aliases.DefaultIfEmpty("none"))),
            new XElement(s_maml + "name", help.Metadata.Name),
            inSyntax ? null : Description(help.Description));
        if (inSyntax && type.IsEnum)
            element.Add(new XElement(s_command + "parameterValueGroup", Enum.GetNames(type).Select(n => new XElement(s_command + "parameterValue", new XAttribute("required", "false"), n))));
        if (!isSwitch || !inSyntax)
            element.Add(new XElement(s_command + "parameterValue", new XAttribute("required", isSwitch ? "false" : "true"), new XAttribute("variableLength", type.IsArray ? "true" : "false"), type.Name));
        element.Add(
            new XElement(s_dev + "type", new XElement(s_maml + "name", type.Name), new XElement(s_maml + "uri")),
            new XElement(s_dev + "defaultValue", help.Default.Length > 0 ? help.Default : "None"));
        return element;
    }

    private static string PipelineInput(ParameterHelp help)
    {
        string[] ways =
        [
            .. help.Sets.Any(s => s.ValueFromPipeline) ? ["ByValue"] : Array.Empty<string>(),
            .. help.Sets.Any(s => s.ValueFromPipelineByPropertyName) ? ["ByPropertyName"] : Array.Empty<string>(),
        ];
        return ways.Length > 0 ? $"True ({string.Join(", ", ways)})" : "False";
    }

    private static IEnumerable<XElement> Inputs(IEnumerable<ParameterHelp> parameters)
    {
        ParameterHelp[] piped = [.. parameters.Where(p => PipelineInput(p) != "False")];
        return piped.Length == 0
            ? [TypeElement("inputType", "None", ["Nothing can be piped in."])]
            : piped.Select(p => TypeElement("inputType", Plain(p.Metadata.ParameterType).FullName!, [InputText(p)]));
    }

    private static string InputText(ParameterHelp help)
    {
        string property = $"the property {string.Join(" or ", [help.Metadata.Name, .. help.Metadata.Aliases])} of an object";
        return PipelineInput(help) switch
        {
            "True (ByValue)" => $"Taken as -{help.Metadata.Name}.",
            "True (ByPropertyName)" => $"Taken as -{help.Metadata.Name} from {property}.",
            _ => $"Taken as -{help.Metadata.Name}, or from {property}.",
        };
    }

    private IEnumerable<XElement> Outputs(CmdletInfo cmdlet, CmdletPage page)
    {
        Type[] types = [.. cmdlet.OutputType.Select(o => o.Type)];
        return types.Length == 0
            ? [TypeElement("returnValue", "None", page.Outputs.Count > 0 ? page.Outputs : ["It writes nothing out."])]
            : types.Select(t => TypeElement("returnValue", t.FullName!, [.. page.Outputs, .. Members(t)]));
    }

    /// <summary>What the members of an output mean; nothing for a type of .NET's.</summary>
    private IEnumerable<string> Members(Type type)
    {
        if (comments.Of(type) is not { } summary)
            return [];
        return
        [
            summary,
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Select(p => $"- {p.Name}: {comments.Of(type, p.Name, _ => null) ?? throw new HelpException($"{type}.{p.Name} has no documentation comment, which is its help.")}"),
        ];
    }

    private static XElement TypeElement(string name, string type, IEnumerable<string> description) => new(
        s_command + name,
        new XElement(s_dev + "type", new XElement(s_maml + "name", type), new XElement(s_maml + "uri")),
        Description(description));

    private static XElement Description(IEnumerable<string> paragraphs) => new(s_maml + "description", Paragraphs(paragraphs));

    private static IEnumerable<XElement> Paragraphs(IEnumerable<string> paragraphs) => paragraphs.Select(p => new XElement(s_maml + "para", p));

    private static Type Plain(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static string Member(PSObject value, string name) => Text(value.Properties[name]?.Value);

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        Array items => string.Join(", ", items.Cast<object>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
