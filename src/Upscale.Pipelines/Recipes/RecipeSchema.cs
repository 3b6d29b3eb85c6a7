using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Upscale.Pipelines;

/// <summary>What editors check recipes with: a JSON Schema made of the declarations of the stages.</summary>
internal static class RecipeSchema
{
    private static readonly JsonSerializerOptions s_writing = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema, JSON Schema draft 2020-12.</summary>
    public static string Create(IEnumerable<StageInfo> stages)
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Recipe of an Upscale pipeline",
            ["type"] = "object",
            ["required"] = new JsonArray("version", "stages"),
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["$schema"] = new JsonObject { ["type"] = "string" },
                ["version"] = new JsonObject { ["const"] = RecipeJson.Version, ["description"] = "Version of the format." },
                ["name"] = Described("string", "Name for people. Default: the file's."),
                ["description"] = Described("string", "What it is good for, in a sentence."),
                ["stages"] = new JsonObject
                {
                    ["type"] = "array",
                    ["minItems"] = 1,
                    ["description"] = "The stages in the order in which a picture goes through them. Relative paths start from the recipe's folder.",
                    ["items"] = new JsonObject { ["anyOf"] = new JsonArray([.. stages.Select(Stage)]) },
                },
                ["plugins"] = new JsonObject
                {
                    ["type"] = "object",
                    ["description"] = "Plugins whose assemblies must be these: id to SHA-256.",
                    ["additionalProperties"] = new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9a-fA-F]{64}$" },
                },
            },
        };
        return root.ToJsonString(s_writing) + "\n";
    }

    private static JsonObject Described(string type, string? description)
    {
        var node = new JsonObject { ["type"] = type };
        if (description is not null)
            node["description"] = description;
        return node;
    }

    private static JsonObject Stage(StageInfo stage)
    {
        var properties = new JsonObject { [RecipeJson.IdKey] = new JsonObject { ["const"] = stage.Id } };
        foreach (OptionInfo option in stage.Options)
            properties[option.Name] = Option(option);
        JsonObject node = Described("object", stage.Summary);
        node["required"] = new JsonArray(RecipeJson.IdKey);
        node["additionalProperties"] = false;
        node["properties"] = properties;
        return node;
    }

    private static JsonObject Option(OptionInfo option)
    {
        JsonObject node = Described(option.Type is "integer" or "number" ? option.Type : option.Type == "switch" ? "boolean" : "string", option.Help);
        if (option.Choices.Count > 0)
            node["enum"] = new JsonArray([.. option.Choices.Select(c => (JsonNode)c)]);
        if (option.Minimum is { } least)
            node["minimum"] = least;
        if (option.Maximum is { } most)
            node["maximum"] = most;
        if (option.Default is { } value)
            node["default"] = JsonSerializer.SerializeToNode(value);
        return node;
    }
}
