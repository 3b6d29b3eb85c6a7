using System.Globalization;

namespace Upscale.Gan;

/// <summary>
/// Another stage on the picture in all eight turns, and the mean of the results turned back (R. Timofte, R. Rothe, L. Van Gool: "Seven ways to improve
/// example-based single image super resolution", 2016). The picture and the result are held whole.
/// </summary>
internal sealed class EnsembleStage(StageOptions options, IStageServices services) : IStage
{
    private const string Id = "tta";
    private const long MuchMemory = 1L << 30;

    private readonly List<IStage> _stages = [];
    private IStage? _resizing;
    private ImageShape _mean;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        string inner = options.GetString("stage")!;
        if (inner.Equals(Id, StringComparison.OrdinalIgnoreCase))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The stage '{Id}' cannot run itself: name another one, such as stage=gan.");
        ImageShape? target = TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"));
        var plans = new List<StagePlan>();
        foreach (Turn turn in Turn.All)
        {
            // Not every stage takes a size; one that keeps it need not.
            IStage stage = services.CreateStage(inner, InnerOptions(inner, target is { } size && size != input ? turn.Of(size) : null));
            _stages.Add(stage);
            StagePlan plan = await stage.PlanAsync(turn.Of(input), cancellationToken).ConfigureAwait(false);
            if (plan.Region is not null)
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The stage '{Id}' cannot run the stage '{inner}' where it cuts off parts of the picture. Let that stage stand before or behind.");
            plans.Add(plan);
            if (turn.Of(plan.Output) != plans[0].Output)
                throw new UpscaleException(UpscaleErrorId.StageFailed, $"The stage '{inner}' makes {plans[0].Output} of the picture and {plan.Output} of the turned one: their mean cannot be taken.");
        }

        _mean = plans[0].Output;
        long held = sizeof(float) * ((input.Pixels * input.Channels) + (_mean.Pixels * _mean.Channels));
        string[] warnings = held < MuchMemory
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"The stage '{Id}' holds the whole picture and its result in memory: {held / 1e9:0.0} GB.")];
        StagePlan all = plans[0] with
        {
            Tiles = plans.Sum(p => p.Tiles),
            MemoryBytes = held + plans.Max(p => p.MemoryBytes),
            Operations = plans.Sum(p => p.Operations),
            Warnings = [.. warnings, .. plans.SelectMany(p => p.Warnings).Distinct()],
        };
        if (target is not { } exact || (exact.Width, exact.Height) == (_mean.Width, _mean.Height))
            return all;
        _resizing = services.CreateStage("interpolation", new Dictionary<string, object> { ["width"] = exact.Width, ["height"] = exact.Height });
        StagePlan resized = await _resizing.PlanAsync(_mean, cancellationToken).ConfigureAwait(false);
        return all with { Output = resized.Output, Tiles = all.Tiles + resized.Tiles, MemoryBytes = all.MemoryBytes + resized.MemoryBytes };
    }

    public IStripSource Connect(IStripSource input)
    {
        var mean = new EnsembleSource(input, _stages, _mean);
        return _resizing?.Connect(mean) ?? mean;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IStage stage in _stages)
            await stage.DisposeAsync().ConfigureAwait(false);
        _stages.Clear();
        if (_resizing is not null)
            await _resizing.DisposeAsync().ConfigureAwait(false);
    }

    private Dictionary<string, object> InnerOptions(string inner, ImageShape? size)
    {
        string text = options.GetString("options") is { Length: > 0 } given ? $"{inner}:{given}" : inner;
        var result = new Dictionary<string, object>(StageSpec.Parse(text).Options, StringComparer.OrdinalIgnoreCase);
        if (options.GetString("model") is { } model)
            result["model"] = model;
        if (size is { } exact)
            (result["width"], result["height"]) = (exact.Width, exact.Height);
        return result;
    }
}
