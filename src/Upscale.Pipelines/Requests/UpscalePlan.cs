using Upscale.Imaging;

namespace Upscale.Pipelines;

/// <summary>What will be done with one picture: everything that can be refused has been checked.</summary>
public sealed record UpscalePlan
{
    /// <summary>What was asked for.</summary>
    public required UpscaleRequest Request { get; init; }

    /// <summary>Full path of the result.</summary>
    public required string Target { get; init; }

    /// <summary>True when what lies at the target's place is replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>Why there is nothing to do, as a half sentence whose subject is the picture; null when there is.</summary>
    public string? SkipReason { get; init; }

    /// <summary>Size of the source as shown upright.</summary>
    public required ImageShape Input { get; init; }

    /// <summary>Size of the result.</summary>
    public required ImageShape Output { get; init; }

    /// <summary>The stages that run, with all sizes settled.</summary>
    public required IReadOnlyList<StageSpec> Stages { get; init; }

    /// <summary>What each stage will do.</summary>
    public required IReadOnlyList<StagePlan> StagePlans { get; init; }

    /// <summary>The device that runs the networks; <c>Cpu</c> when there are none.</summary>
    public required string Device { get; init; }

    /// <summary>What will not be kept or is done differently than asked.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Width of the result over width of the source.</summary>
    public double Scale => (double)Output.Width / Input.Width;

    /// <summary>Blocks of work of all stages: what progress counts.</summary>
    public int Tiles => StagePlans.Sum(p => p.Tiles);

    /// <summary>The networks that run, in order.</summary>
    public IEnumerable<string> Models => StagePlans.SelectMany(p => p.Models);

    /// <summary>The format that is written.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>What the source is.</summary>
    public required ImageHeader Header { get; init; }

    /// <summary>The networks that were looked up for the stages.</summary>
    internal IReadOnlyList<ModelCard> Networks { get; init; } = [];

    /// <summary>Its name in the journal of the run; null without a journal.</summary>
    internal JournalKey? Key { get; init; }
}
