namespace Upscale;

/// <summary>What one stage of a pipeline would do with a picture.</summary>
public sealed record PipelineStagePlan
{
    /// <summary>Name of the pipeline.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Full path of the picture; null where only a size was given.</summary>
    public string? Source { get; init; }

    /// <summary>Place in the chain, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Id of the stage.</summary>
    public required string Stage { get; init; }

    /// <summary>Options that are settled for this picture, as text: <c>key=value,...</c>.</summary>
    public string Options { get; init; } = "";

    /// <summary>Size of what comes in; null after a stage that was refused.</summary>
    public ImageShape? Input { get; init; }

    /// <summary>Size of what goes out; null for a stage that is refused, and after one.</summary>
    public ImageShape? Output { get; init; }

    /// <summary>Network runs or blocks of work.</summary>
    public int Tiles { get; init; }

    /// <summary>Size of a tile in input pixels; null for a stage without tiles.</summary>
    public (int Width, int Height)? TileSize { get; init; }

    /// <summary>Working memory at its peak in bytes, as estimated.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>The networks that would run, in order, joined by " + "; null for none.</summary>
    public string? Model { get; init; }

    /// <summary>What would run the networks; null for none.</summary>
    public string? Device { get; init; }

    /// <summary>From what this stage took with earlier pictures on this machine; null before the first one.</summary>
    public TimeSpan? EstimatedTime { get; init; }

    /// <summary>What the user should know though the work can go on.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why the stage would not run; null when it would.</summary>
    public string? Refusal { get; init; }
}
