namespace Upscale;

/// <summary>A loaded network and what it has done so far.</summary>
public sealed record SessionInfo
{
    /// <summary>Id of the network.</summary>
    public required string Model { get; init; }

    /// <summary>Full path of its file.</summary>
    public required string Path { get; init; }

    /// <summary>The device that holds it, such as <c>Cpu</c> or <c>Cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>What computes it: <c>Native</c>, the kernels of this program, or <c>OnnxRuntime</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>How often the network was loaded for this engine on this device in this process: 1 unless it was evicted or cleared in between.</summary>
    public required int Loads { get; init; }

    /// <summary>Finished runs.</summary>
    public required long Runs { get; init; }

    /// <summary>Callers that wait for a place.</summary>
    public required int Waiting { get; init; }

    /// <summary>Places that are lent at the moment.</summary>
    public required int Busy { get; init; }

    /// <summary>Places: how many callers may hold the network at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Weights and the working memory of the largest run so far in bytes, as estimated.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Time that the last loading took.</summary>
    public required TimeSpan LoadTime { get; init; }

    /// <summary>Time spent in runs.</summary>
    public required TimeSpan RunTime { get; init; }

    /// <summary>When it was lent or given back last.</summary>
    public required DateTimeOffset LastUsed { get; init; }
}
