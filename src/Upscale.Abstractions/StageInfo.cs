namespace Upscale;

/// <summary>A stage that a plugin offers.</summary>
public sealed record StageInfo
{
    /// <summary>Name in recipes and on the command line.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people.</summary>
    public string? Title { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public string? Summary { get; init; }

    /// <summary>Id of the plugin that offers it.</summary>
    public required string Plugin { get; init; }

    /// <summary>What it can be told.</summary>
    public IReadOnlyList<OptionInfo> Options { get; init; } = [];
}
