using System.Collections;
using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>What <c>-Pipeline</c> takes, as a pipeline.</summary>
internal static class PipelineArgument
{
    /// <summary>Reads a pipeline.</summary>
    /// <param name="cmdlet">Whose session the paths are of.</param>
    /// <param name="argument">
    /// A pipeline, live or back from a job; the name of an installed one; the path of a recipe, or its file; a dictionary with <c>name</c> and <c>stages</c>.
    /// </param>
    /// <param name="engine">Knows the stages.</param>
    /// <exception cref="UpscaleException">It is none, or one that cannot be run.</exception>
    public static UpscalePipeline Read(PSCmdlet cmdlet, object argument, UpscaleEngine engine)
    {
        RecipeBook recipes = engine.Recipes;
        string folder = cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        return (argument is PSObject { BaseObject: not PSCustomObject } wrapper ? wrapper.BaseObject : argument) switch
        {
            UpscalePipeline pipeline => recipes.Check(pipeline, folder),
            FileInfo file => recipes.Read(file.FullName),
            string text => RecipeBook.IsPath(text) ? recipes.Read(FilePaths.Literal(cmdlet, text)) : recipes.Find(text, folder),
            IDictionary members => recipes.Check(FromMembers(members.Cast<DictionaryEntry>().ToDictionary(e => e.Key.ToString()!, e => e.Value, StringComparer.OrdinalIgnoreCase)), folder),
            PSObject members => recipes.Check(FromMembers(members.Properties.ToDictionary(p => p.Name, p => (object?)p.Value, StringComparer.OrdinalIgnoreCase)), folder),
            _ => throw Invalid($"'{argument}' is none"),
        };
    }

    private static UpscalePipeline FromMembers(Dictionary<string, object?> members)
    {
        object? stages = members.GetValueOrDefault("stages") is PSObject wrapper ? wrapper.BaseObject : members.GetValueOrDefault("stages");
        IEnumerable<object?> list = stages switch
        {
            null => throw Invalid("a member 'stages' is missing"),
            string text => [text],
            IDictionary one => [one],
            IEnumerable several => several.Cast<object?>(),
            _ => [stages],
        };
        return new UpscalePipeline
        {
            Name = Text(members, "name") ?? "pipeline",
            Description = Text(members, "description"),
            Path = Text(members, "path"),
            Stages = StageArgument.ToSpecs(list),
            Plugins = Pins(members.GetValueOrDefault("plugins")),
        };
    }

    private static Dictionary<string, string> Pins(object? value)
        => (value is PSObject wrapper ? wrapper.BaseObject : value) is IDictionary pins
            ? pins.Cast<DictionaryEntry>().ToDictionary(e => e.Key.ToString()!, e => e.Value?.ToString() ?? "")
            : [];

    private static string? Text(Dictionary<string, object?> members, string name)
        => members.GetValueOrDefault(name)?.ToString() is { Length: > 0 } text ? text : null;

    private static UpscaleException Invalid(string why) => new(
        UpscaleErrorId.PipelineInvalid,
        $"A pipeline cannot be read: {why}. Give what New-UpscalePipeline makes, the name of an installed one, or the path of a recipe.");
}
