using Upscale.Imaging;

namespace Upscale.Pipelines;

/// <summary>What will be done with one picture: everything that can be refused has been checked.</summary>
public sealed record UpscalePlan
{
    private readonly IReadOnlyList<FramePlan> _frames = [];

    /// <summary>What was asked for.</summary>
    public required UpscaleRequest Request { get; init; }

    /// <summary>Full path of the result.</summary>
    public required string Target { get; init; }

    /// <summary>True when what lies at the target's place is replaced.</summary>
    public bool Replace { get; init; }

    /// <summary>Why there is nothing to do, as a half sentence whose subject is the picture; null when there is.</summary>
    public string? SkipReason { get; init; }

    /// <summary>What will be done with each frame or page that is taken, at least one.</summary>
    public required IReadOnlyList<FramePlan> Frames
    {
        get => _frames;
        init => (_frames, Tiles) = (value, value.Sum(f => f.Tiles));
    }

    /// <summary>Size of the source as shown upright; of several frames or pages that of the first, as all that follows.</summary>
    public ImageShape Input => Frames[0].Input;

    /// <summary>Size of the result.</summary>
    public ImageShape Output => Frames[0].Output;

    /// <summary>The stages that run, with all sizes settled.</summary>
    public IReadOnlyList<StageSpec> Stages => Frames[0].Stages;

    /// <summary>What each stage will do.</summary>
    public IReadOnlyList<StagePlan> StagePlans => Frames[0].StagePlans;

    /// <summary>The device that runs the networks; <c>Cpu</c> when there are none.</summary>
    public required string Device { get; init; }

    /// <summary>What will not be kept or is done differently than asked.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Width of the result over width of the source.</summary>
    public double Scale => (double)Output.Width / Input.Width;

    /// <summary>Blocks of work of all stages and frames: what progress counts.</summary>
    public int Tiles { get; private init; }

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
