namespace Upscale;

/// <summary>A plugin as its plugin.json describes it. Listing loads no code.</summary>
public sealed record PluginInfo
{
    /// <summary>Unique name.</summary>
    public required string Id { get; init; }

    /// <summary>Version of the plugin.</summary>
    public string? Version { get; init; }

    /// <summary>Name for people.</summary>
    public string? Title { get; init; }

    /// <summary>Folder that holds plugin.json.</summary>
    public required string Path { get; init; }

    /// <summary>Ids of its stages.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>
    /// SHA-256 over the names and contents of its assemblies, native libraries and .json files, lower-case hex: what a recipe pins. Null where it was not
    /// asked for, or they cannot be read.
    /// </summary>
    public string? Hash { get; init; }

    /// <summary>True when its code is loaded.</summary>
    public bool Loaded { get; init; }

    /// <summary>Why it cannot be used; null when it can.</summary>
    public string? Error { get; init; }
}
