using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines;

/// <summary>
/// The text of a recipe: a JSON object with <c>version</c> (1), <c>name</c>, <c>description</c>, <c>stages</c> (objects with <c>id</c> and the
/// options of the stage) and <c>plugins</c> (id to SHA-256). Comments and commas at ends are taken. What is not known is an error.
/// </summary>
internal static class RecipeJson
{
    /// <summary>The version that is written, and the only one that is read.</summary>
    public const int Version = 1;

    /// <summary>Key of the stage's name in a stage; every other key is an option.</summary>
    public const string IdKey = "id";

    private static readonly string[] s_keys = ["$schema", "version", "name", "description", "stages", "plugins"];
    private static readonly JsonDocumentOptions s_reading = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions s_writing = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a recipe; its options are not yet checked against what stages declare.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="path">Full path of its file, for messages.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.PipelineInvalid"/>: names the file and what is wrong.</exception>
    public static UpscalePipeline Parse(string text, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, s_reading);
            return Read(document.RootElement, path);
        }
        catch (JsonException e)
        {
            // The first line of the message alone is for people; the place is counted from 0 there.
            string place = e.LineNumber is { } line ? string.Create(CultureInfo.InvariantCulture, $" in line {line + 1}") : "";
            throw Invalid(path, $"is no JSON{place}: {e.Message.Split(" LineNumber", 2)[0].TrimEnd()}", e);
        }
    }

    /// <summary>The text of a pipeline.</summary>
    /// <param name="pipeline">Its paths are full paths.</param>
    /// <param name="folder">Folder that the text is for: what lies in it or below it is named relative to it.</param>
    /// <param name="isPath">True for an option of a stage whose value is a path.</param>
    public static string Format(UpscalePipeline pipeline, string folder, Func<StageSpec, string, bool> isPath)
    {
        var root = new JsonObject { ["version"] = Version, ["name"] = pipeline.Name };
        if (pipeline.Description is not null)
            root["description"] = pipeline.Description;
        root["stages"] = new JsonArray([.. pipeline.Stages.Select(stage => Stage(stage, folder, isPath))]);
        if (pipeline.Plugins.Count > 0)
            root["plugins"] = new JsonObject(pipeline.Plugins.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        return root.ToJsonString(s_writing) + "\n";
    }

    /// <summary>An error of a recipe file.</summary>
    public static UpscaleException Invalid(string path, string what, Exception? cause = null)
        => new(UpscaleErrorId.PipelineInvalid, $"The recipe {path} {what.TrimEnd('.')}.", cause);

    private static UpscalePipeline Read(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw Invalid(path, "holds no JSON object");
        foreach (JsonProperty property in root.EnumerateObject().Where(p => !s_keys.Contains(p.Name)))
            throw Invalid(path, $"has a key '{property.Name}', which is not known.{NearestName.Suggest(property.Name, s_keys)} The keys are: {string.Join(", ", s_keys)}");
        CheckVersion(root, path);
        if (!root.TryGetProperty("stages", out JsonElement stages) || stages.ValueKind != JsonValueKind.Array || stages.GetArrayLength() == 0)
            throw Invalid(path, "has no 'stages': a list of objects with 'id' and options, such as { \"id\": \"gan\", \"scale\": 2 }");
        return new UpscalePipeline
        {
            Name = Text(root, "name", path) ?? System.IO.Path.GetFileNameWithoutExtension(path),
            Description = Text(root, "description", path),
            Stages = [.. stages.EnumerateArray().Select((stage, index) => Stage(stage, index, path))],
            Plugins = Plugins(root, path),
            Path = path,
        };
    }

    private static void CheckVersion(JsonElement root, string path)
    {
        if (!root.TryGetProperty("version", out JsonElement version))
            throw Invalid(path, $"has no 'version'; it is {Version}");
        if (version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number < 1)
            throw Invalid(path, $"has the version {version.GetRawText()}; it is {Version}");
        if (number > Version)
            throw Invalid(path, $"has the version {number}, and this program reads {Version}: it was made for a later one");
    }

    private static string? Text(JsonElement root, string key, string path)
    {
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid(path, $"has a '{key}' that is no text");
    }

    private static StageSpec Stage(JsonElement stage, int index, string path)
    {
        if (stage.ValueKind != JsonValueKind.Object || Text(stage, IdKey, path) is not { Length: > 0 } id)
            throw Invalid(path, $"has a stage {index} without an '{IdKey}'");
        var options = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in stage.EnumerateObject().Where(p => p.Name != IdKey))
        {
            object value = property.Value.ValueKind switch
            {
                JsonValueKind.String => property.Value.GetString()!,
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number => property.Value.TryGetInt64(out long whole) ? whole : property.Value.GetDouble(),
                _ => throw Invalid(path, $"has a value of '{property.Name}' in stage {index} '{id}' that is no text, number, true or false"),
            };
            if (!options.TryAdd(property.Name, value))
                throw Invalid(path, $"has '{property.Name}' twice in stage {index} '{id}'");
        }

        return new StageSpec(id, options);
    }

    private static Dictionary<string, string> Plugins(JsonElement root, string path)
    {
        if (!root.TryGetProperty("plugins", out JsonElement plugins))
            return [];
        if (plugins.ValueKind != JsonValueKind.Object || plugins.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw Invalid(path, "has 'plugins' that are no object of ids and SHA-256 hashes");
        return plugins.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private static JsonObject Stage(StageSpec stage, string folder, Func<StageSpec, string, bool> isPath)
    {
        var node = new JsonObject { [IdKey] = stage.Id };
        foreach ((string name, object value) in stage.Options)
            node[name] = isPath(stage, name) ? Portable(value.ToString()!, folder) : JsonSerializer.SerializeToNode(value);
        return node;
    }

    /// <summary>Relative, with slashes, where it lies in the folder; else as it is.</summary>
    private static string Portable(string path, string folder)
    {
        if (!Path.IsPathFullyQualified(path))
            return path;
        string relative = Path.GetRelativePath(folder, path);
        return Path.IsPathRooted(relative) || relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? path
            : $"./{relative.Replace(Path.DirectorySeparatorChar, '/')}";
    }
}
