namespace Upscale.Gan;

/// <summary>
/// A network applied as often as the factor needs, and an interpolation to the exact size where the network's own factor
/// does not meet it.
/// </summary>
internal sealed class GanStage(StageOptions options, IStageServices services) : IStage
{
    private readonly List<IStage> _steps = [];

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        string model = options.GetString("model")!;
        ModelCard card = await services.Models.DescribeAsync(model, cancellationToken).ConfigureAwait(false);
        card.CheckStage("gan");
        if (options.GetInteger("halo") is { } halo)
            card = card with { Halo = halo };
        ImageShape? target = TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"));
        var plans = new List<StagePlan>();
        var warnings = new List<string>();
        ImageShape size = input;
        do
        {
            size = await AddAsync(LumaNetworkStage.Suits(card, size) ? new LumaNetworkStage(card, services) : new NetworkStage(card, services), size).ConfigureAwait(false);
        }
        while (card.Scale > 1 && target is { } wanted && (size.Width < wanted.Width || size.Height < wanted.Height));

        if (card.GlobalPooling && plans.Any(p => p.Tiles > 1))
            warnings.Add(TonesMayDiffer(card));
        if (target is { } exact && (size.Width, size.Height) != (exact.Width, exact.Height))
        {
            if (card.Scale == 1)
                warnings.Add($"The network '{card.Id}' does not enlarge; the size is reached by interpolation.");
            await AddAsync(services.CreateStage("interpolation", new Dictionary<string, object> { ["width"] = exact.Width, ["height"] = exact.Height }), size).ConfigureAwait(false);
        }

        return new StagePlan
        {
            Output = plans[^1].Output,
            Halo = plans[0].Halo,
            Tiles = plans.Sum(p => p.Tiles),
            TileSize = plans[0].TileSize,
            MemoryBytes = plans.Sum(p => p.MemoryBytes),
            Operations = plans.Sum(p => p.Operations),
            Models = [.. plans.SelectMany(p => p.Models)],
            Device = services.Models.Device,
            Warnings = [.. warnings, .. plans.SelectMany(p => p.Warnings)],
        };

        async ValueTask<ImageShape> AddAsync(IStage step, ImageShape from)
        {
            _steps.Add(step);
            plans.Add(await step.PlanAsync(from, cancellationToken).ConfigureAwait(false));
            return plans[^1].Output;
        }
    }

    /// <summary>The warning for a network with global pooling that has to work in tiles.</summary>
    public static string TonesMayDiffer(ModelCard card)
        => $"The network '{card.Id}' looks at a picture as a whole, and this one is too large for one run: tiles may differ slightly in tone.";

    public IStripSource Connect(IStripSource input) => _steps.Aggregate(input, (source, step) => step.Connect(source));

    public async ValueTask DisposeAsync()
    {
        foreach (IStage step in _steps)
            await step.DisposeAsync().ConfigureAwait(false);
        _steps.Clear();
    }
}
