namespace Upscale;

/// <summary>A place where networks can run, or the reason why they cannot run there.</summary>
public sealed record DeviceInfo
{
    /// <summary>What <c>-Device</c> takes: <c>Cpu</c>, <c>Cuda:0</c>, <c>DirectML:0</c> or <c>CoreML</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>Cpu</c>, <c>Cuda</c>, <c>DirectML</c> or <c>CoreML</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Number of the device among those of its kind, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Name for people, such as that of the graphics card.</summary>
    public required string Description { get; init; }

    /// <summary>True when a network was really run on it.</summary>
    public required bool Usable { get; init; }

    /// <summary>Why it is not usable, and what would make it so; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>Its memory in bytes; null where unknown.</summary>
    public long? MemoryBytes { get; init; }
}
