namespace Upscale;

/// <summary>
/// A chain of stages with a name: what a recipe file holds. A plain record: changing it makes another one, and it survives jobs and remoting.
/// </summary>
public sealed record UpscalePipeline
{
    /// <summary>Name for people, and of an installed recipe.</summary>
    public required string Name { get; init; }

    /// <summary>What it is good for, in a sentence.</summary>
    public string? Description { get; init; }

    /// <summary>The stages in the order in which a picture goes through them. Paths in their options are full paths.</summary>
    public IReadOnlyList<StageSpec> Stages { get; init; } = [];

    /// <summary>Plugins whose assemblies must be these: id of the plugin to SHA-256, lower-case hex.</summary>
    public IReadOnlyDictionary<string, string> Plugins { get; init; } = new Dictionary<string, string>();

    /// <summary>Full path of the file that it was read from; null for none.</summary>
    public string? Path { get; init; }

    /// <summary>The stages, joined by " | ".</summary>
    public override string ToString() => string.Join(" | ", Stages);
}
