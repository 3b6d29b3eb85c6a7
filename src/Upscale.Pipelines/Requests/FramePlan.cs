namespace Upscale.Pipelines;

/// <summary>What will be done with one frame of an animation or one page.</summary>
public sealed record FramePlan
{
    /// <summary>Size of the source as shown upright.</summary>
    public required ImageShape Input { get; init; }

    /// <summary>Size of the result.</summary>
    public required ImageShape Output { get; init; }

    /// <summary>The stages that run, with all sizes settled.</summary>
    public required IReadOnlyList<StageSpec> Stages { get; init; }

    /// <summary>What each stage will do.</summary>
    public required IReadOnlyList<StagePlan> StagePlans { get; init; }

    /// <summary>Blocks of work of all stages.</summary>
    public int Tiles => StagePlans.Sum(p => p.Tiles);
}
