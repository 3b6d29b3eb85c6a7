using System.Text.Json;
using System.Text.Json.Serialization;

namespace Upscale.Pipelines.Plugins;

/// <summary>The content of a plugin.json.</summary>
internal sealed record PluginManifest
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public required string Id { get; init; }

    public string? Version { get; init; }

    public string? Title { get; init; }

    /// <summary>The contract major that the plugin was built for.</summary>
    public required int Contract { get; init; }

    /// <summary>File name of the assembly in the plugin's folder.</summary>
    public required string Assembly { get; init; }

    public required IReadOnlyList<StageEntry> Stages { get; init; }

    /// <exception cref="JsonException">The file is no manifest; the message says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PluginManifest Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        PluginManifest manifest = JsonSerializer.Deserialize<PluginManifest>(stream, s_json) ?? throw new JsonException("The file is empty.");
        if (manifest.Assembly != Path.GetFileName(manifest.Assembly))
            throw new JsonException("The assembly must be a file name, without a folder.");
        return manifest with { Stages = [.. manifest.Stages.Select(s => s with { Options = [.. s.Options.Select(Normalise)] })] };
    }

    private static OptionInfo Normalise(OptionInfo option)
    {
        object? value = option.Default is JsonElement element
            ? element.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number => element.GetDouble(),
                _ => element.ToString(),
            }
            : option.Default;
        OptionInfo plain = option with { Default = null };
        try
        {
            return value is null ? plain : plain with { Default = OptionBinder.Convert(plain, value, null) };
        }
        catch (UpscaleException e)
        {
            throw new JsonException($"The default of the option '{option.Name}' does not fit its own declaration: {e.Message}");
        }
    }

    /// <summary>A stage as declared.</summary>
    internal sealed record StageEntry
    {
        public required string Id { get; init; }

        /// <summary>Full name of the class that implements <see cref="IStageFactory"/>.</summary>
        public required string Type { get; init; }

        public string? Title { get; init; }

        public string? Summary { get; init; }

        public IReadOnlyList<OptionInfo> Options { get; init; } = [];
    }
}
