using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines.Running;

/// <summary>The stages of one picture, made, planned and ready to be connected.</summary>
internal sealed class StageChain : IAsyncDisposable
{
    private const string EnlargingStage = "gan";
    private const string ResamplingStage = "interpolation";

    private readonly List<(StageSpec Spec, IStage Stage, StagePlan Plan)> _stages = [];
    private readonly StageServices _services;

    private StageChain(ImageShape input, StageServices services)
    {
        Input = input;
        Output = input;
        _services = services;
    }

    public ImageShape Input { get; }

    public ImageShape Output { get; private set; }

    public IReadOnlyList<StageSpec> Specs => [.. _stages.Select(s => s.Spec)];

    public IReadOnlyList<StagePlan> Plans => [.. _stages.Select(s => s.Plan)];

    /// <summary>
    /// Settles what a request leaves open: which stages, which network, and which of them brings the picture to the size
    /// that was asked for.
    /// </summary>
    public static async Task<StageChain> FromRequestAsync(UpscaleRequest request, ImageShape input, PluginCatalog plugins, StageServices services, CancellationToken cancellationToken)
    {
        List<StageSpec> specs = request.Stages.Count == 0
            ? [new StageSpec(await NaturalStageAsync(request.Model, services, cancellationToken).ConfigureAwait(false))]
            : [.. request.Stages];
        if (request.Model is { } model)
            NameModel(specs, model, plugins);
        ImageShape? target = TargetSize.Resolve(input, request.Scale, request.Width, request.Height);
        if (target is { } size && Takes(specs[^1], plugins, "width") && Takes(specs[^1], plugins, "height") && !Names(specs[^1], "scale", "width", "height"))
            specs[^1] = specs[^1].With(("width", size.Width), ("height", size.Height));

        StageChain chain = await FromSpecsAsync(specs, input, services, cancellationToken).ConfigureAwait(false);
        if (target is { } wanted && (chain.Output.Width, chain.Output.Height) != (wanted.Width, wanted.Height))
            await chain.AddAsync(Resample(wanted), cancellationToken).ConfigureAwait(false);
        return chain;
    }

    /// <summary>Makes and plans stages that are fully named.</summary>
    public static async Task<StageChain> FromSpecsAsync(IEnumerable<StageSpec> specs, ImageShape input, StageServices services, CancellationToken cancellationToken)
    {
        var chain = new StageChain(input, services);
        try
        {
            foreach (StageSpec spec in specs)
                await chain.AddAsync(spec, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await chain.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return chain;
    }

    /// <summary>The stage that brings a picture to an exact size; what alpha goes through.</summary>
    public static StageSpec Resample(ImageShape size)
        => new StageSpec(ResamplingStage).With(("width", size.Width), ("height", size.Height));

    /// <summary>The result as a source. Every stage works at the same time as its neighbours.</summary>
    /// <param name="input">Owned by the result from here on.</param>
    /// <param name="prefetchBytes">What may wait between two stages.</param>
    public IStripSource Connect(IStripSource input, long prefetchBytes)
    {
        IStripSource source = new PrefetchSource(input, prefetchBytes);
        foreach ((StageSpec spec, IStage stage, StagePlan plan) in _stages)
        {
            try
            {
                source = new PrefetchSource(new GuardedSource(stage.Connect(source), spec.Id, plan.Output), prefetchBytes);
            }
            catch (Exception e) when (e is not UpscaleException and not OperationCanceledException)
            {
                throw GuardedSource.Failed(spec.Id, e);
            }
        }

        return source;
    }

    public async ValueTask DisposeAsync()
    {
        foreach ((_, IStage stage, _) in _stages)
            await stage.DisposeAsync().ConfigureAwait(false);
        _stages.Clear();
    }

    private async Task AddAsync(StageSpec spec, CancellationToken cancellationToken)
    {
        IStage stage = _services.CreateStage(spec.Id, spec.Options);
        try
        {
            StagePlan plan = await stage.PlanAsync(Output, cancellationToken).ConfigureAwait(false);
            if (plan.Output.Width < 1 || plan.Output.Height < 1 || plan.Output.Channels is not (1 or 3))
                throw new UpscaleException(UpscaleErrorId.StageFailed, $"The stage '{spec.Id}' promises a picture of {plan.Output}, which is none.");
            foreach (string warning in plan.Warnings)
                _services.Warn(warning);
            _stages.Add((spec, stage, plan));
            Output = plan.Output;
        }
        catch (Exception e)
        {
            await stage.DisposeAsync().ConfigureAwait(false);
            if (e is UpscaleException or OperationCanceledException)
                throw;
            throw GuardedSource.Failed(spec.Id, e);
        }
    }

    /// <summary>The stage for a request that names none: the one that its network is made for.</summary>
    private static async Task<string> NaturalStageAsync(string? model, StageServices services, CancellationToken cancellationToken)
        => model is null ? EnlargingStage : (await services.Models.DescribeAsync(model, cancellationToken).ConfigureAwait(false)).Stages[0];

    private static void NameModel(List<StageSpec> specs, string model, PluginCatalog plugins)
    {
        bool used = false;
        for (int i = 0; i < specs.Count; i++)
        {
            if (!Takes(specs[i], plugins, "model") || Names(specs[i], "model"))
                continue;
            specs[i] = specs[i].With(("model", model));
            used = true;
        }

        if (!used)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The model '{model}' was given, but no stage takes it: {string.Join(" + ", specs)}.");
    }

    private static bool Takes(StageSpec spec, PluginCatalog plugins, string option)
        => plugins.Stage(spec.Id).Options.Any(o => o.Name.Equals(option, StringComparison.OrdinalIgnoreCase));

    private static bool Names(StageSpec spec, params string[] options)
        => spec.Options.Keys.Any(k => options.Contains(k, StringComparer.OrdinalIgnoreCase));
}
