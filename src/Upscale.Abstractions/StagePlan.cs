namespace Upscale;

/// <summary>What a stage will do with a picture of a given size, told before any work.</summary>
public sealed record StagePlan
{
    /// <summary>The size of the result.</summary>
    public required ImageShape Output { get; init; }

    /// <summary>
    /// The part of the input that the result shows, where it does not show all: alpha and the picture that came in
    /// (<see cref="IConditionedStage"/>) are cut alike. Null for all of it.
    /// </summary>
    public ImageRegion? Region { get; init; }

    /// <summary>Rows and columns of the input that a result pixel looks at on each side, in input pixels.</summary>
    public int Halo { get; init; }

    /// <summary>Network runs or blocks of work; at least 1. Progress counts in them.</summary>
    public int Tiles { get; init; } = 1;

    /// <summary>Size of a tile in input pixels, those of the first pass where there are several; null for a stage without tiles.</summary>
    public (int Width, int Height)? TileSize { get; init; }

    /// <summary>Working memory at its peak in bytes, as estimated.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Floating-point operations, as estimated; 0 where unknown.</summary>
    public double Operations { get; init; }

    /// <summary>The networks that will run, in order.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The device that will run them, such as <c>Cpu</c> or <c>Cuda:0</c>; null when none will.</summary>
    public string? Device { get; init; }

    /// <summary>What the user should know though the work can go on.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
