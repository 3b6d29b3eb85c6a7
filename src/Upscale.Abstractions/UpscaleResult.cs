namespace Upscale;

/// <summary>What became of one picture. A plain record: it survives jobs and remoting.</summary>
public sealed record UpscaleResult
{
    /// <summary>Full path of the picture that was read.</summary>
    public required string Source { get; init; }

    /// <summary>Whether it was made. What the other properties say of the result is, for one that was skipped, what would have been made.</summary>
    public UpscaleState State { get; init; }

    /// <summary>Full path of the picture that was written; for one that was skipped, of the one that is there.</summary>
    public required string Path { get; init; }

    /// <summary>Width of the result in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the result in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Frames of an animation or pages in the result; what is told of sizes is that of the first.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>Width of the result over width of the source (as shown upright).</summary>
    public required double Scale { get; init; }

    /// <summary>Name of the pipeline; null where stages were given without one.</summary>
    public string? Pipeline { get; init; }

    /// <summary>The stages in order, with their options as given.</summary>
    public required IReadOnlyList<string> Stages { get; init; }

    /// <summary>The networks that ran, in order, joined by " + "; null when none did.</summary>
    public string? Model { get; init; }

    /// <summary>The device that really ran the networks, such as <c>Cpu</c> or <c>Cuda:0</c>; <c>Cpu</c> when none did.</summary>
    public required string Device { get; init; }

    /// <summary>
    /// What really computed the networks: <c>Native</c>, the kernels of this program, or <c>OnnxRuntime</c>; both, joined by " + ", where some were computed by one and some by
    /// the other. Null when none ran.
    /// </summary>
    public string? Engine { get; init; }

    /// <summary>Wall time from opening the source to the rename of the result; zero for one that was skipped.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Network runs of all stages together.</summary>
    public required int Tiles { get; init; }

    /// <summary>The seed of stages with randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>What was not kept or was done differently than asked, in words.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
