using System.Globalization;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines.Running;

/// <summary>The stages of one picture, made, planned and ready to be connected.</summary>
internal sealed class StageChain : IAsyncDisposable
{
    private const string EnlargingStage = "gan";
    private const string ResamplingStage = "interpolation";
    private const string CuttingStage = "resize";

    private readonly List<PlannedStage> _stages = [];
    private readonly IStageServices _services;

    /// <summary>A chain without stages.</summary>
    public StageChain(ImageShape input, IStageServices services)
    {
        Input = input;
        Output = input;
        _services = services;
    }

    public ImageShape Input { get; }

    public ImageShape Output { get; private set; }

    /// <summary>The part of what comes in that the result shows; null for all of it.</summary>
    public ImageRegion? Region { get; private set; }

    public IReadOnlyList<StageSpec> Specs => [.. _stages.Select(s => s.Spec)];

    public IReadOnlyList<StagePlan> Plans => [.. _stages.Select(s => s.Plan)];

    /// <summary>What each stage did, and how long it took by itself.</summary>
    public IEnumerable<(string Stage, StagePlan Plan, TimeSpan Time)> Times => _stages.Select(s => (s.Spec.Id, s.Plan, s.Clock.Elapsed));

    /// <summary>Makes and plans the stages of a request.</summary>
    public static async Task<StageChain> FromRequestAsync(UpscaleRequest request, ImageShape input, PluginCatalog plugins, IStageServices services, CancellationToken cancellationToken)
    {
        (IReadOnlyList<StageSpec> specs, ImageShape? target) = await SettleAsync(request, input, plugins, services, cancellationToken).ConfigureAwait(false);
        return await MakeAsync(specs, target, input, services, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Settles what a request leaves open: which stages, which network, and which of them brings the picture to the size
    /// that was asked for.
    /// </summary>
    /// <returns>The stages, and the size; null when none was asked for.</returns>
    public static async Task<(IReadOnlyList<StageSpec> Specs, ImageShape? Target)> SettleAsync(
        UpscaleRequest request, ImageShape input, PluginCatalog plugins, IStageServices services, CancellationToken cancellationToken)
    {
        IReadOnlyList<StageSpec> asked = request.Pipeline?.Stages ?? request.Stages;
        List<StageSpec> specs = asked.Count == 0
            ? [new StageSpec(await NaturalStageAsync(request.Model, services, cancellationToken).ConfigureAwait(false))]
            : [.. asked];
        if (request.Model is { } model)
            Give(specs, "model", model, plugins);
        foreach ((string name, object value) in request.Options)
            Give(specs, name, value, plugins);
        ImageShape? target = TargetSize.Resolve(input, request.Scale, request.Width, request.Height);
        int sizing = specs.FindLastIndex(s => Takes(s, plugins, "width") && Takes(s, plugins, "height"));
        if (target is { } size && sizing >= 0 && !Names(specs[sizing], "scale", "width", "height"))
            specs[sizing] = specs[sizing].With(("width", size.Width), ("height", size.Height));
        return (specs, target);
    }

    /// <summary>The stage that is missing for a size; null for none.</summary>
    public StageSpec? Missing(ImageShape? target)
        => target is { } wanted && (Output.Width, Output.Height) != (wanted.Width, wanted.Height) ? Resample(wanted) : null;

    /// <summary>Makes and plans stages that are fully named.</summary>
    public static Task<StageChain> FromSpecsAsync(IEnumerable<StageSpec> specs, ImageShape input, IStageServices services, CancellationToken cancellationToken)
        => MakeAsync(specs, null, input, services, cancellationToken);

    private static async Task<StageChain> MakeAsync(IEnumerable<StageSpec> specs, ImageShape? target, ImageShape input, IStageServices services, CancellationToken cancellationToken)
    {
        var chain = new StageChain(input, services);
        try
        {
            foreach (StageSpec spec in specs)
                await chain.AddAsync(spec, cancellationToken).ConfigureAwait(false);
            if (chain.Missing(target) is { } missing)
                await chain.AddAsync(missing, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await chain.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return chain;
    }

    /// <summary>The stage that brings a picture, or the part of it that is shown, to an exact size; what alpha goes through.</summary>
    public static StageSpec Resample(ImageShape size, ImageRegion? region = null)
    {
        StageSpec spec = new StageSpec(region is null ? ResamplingStage : CuttingStage).With(("width", size.Width), ("height", size.Height));
        return region is { } box ? spec.With(("box", string.Create(CultureInfo.InvariantCulture, $"{box.X},{box.Y},{box.Width},{box.Height}"))) : spec;
    }

    /// <summary>
    /// The result as a source. Every stage works at the same time as its neighbours. Between two stages that share a space the latents
    /// travel; a stage that wants the picture that came in gets it beside its input.
    /// </summary>
    /// <param name="input">Owned by the result from here on.</param>
    /// <param name="prefetchBytes">What may wait between two stages.</param>
    /// <param name="cached">Takes and keeps what stages gave, where it is a picture; null for neither.</param>
    public IStripSource Connect(IStripSource input, long prefetchBytes, CachedStart? cached = null)
    {
        LatentSpace?[] spaces = [.. _stages.Select((stage, i) => i + 1 < _stages.Count ? SharedSpace(stage, _stages[i + 1]) : null)];
        (int first, IStripSource? given) = FindStart(spaces, cached);
        IStripSource source = new PrefetchSource(input, prefetchBytes);

        // Not read ahead: what a later stage reads of the original would wait in memory for the first stage, or the other way round.
        var originals = new Queue<IStripSource>();
        PlannedStage[] led = [.. _stages.Skip(first).Where(s => s.WantsOriginal)];
        for (int i = 0; i < led.Length; i++)
        {
            if (given is not null && i == led.Length - 1)
            {
                originals.Enqueue(led[i].Cut?.Connect(source) ?? source);
                source = given;
                continue;
            }

            var tee = new StripTee(source);
            source = tee.First;
            originals.Enqueue(led[i].Cut?.Connect(tee.Second) ?? tee.Second);
        }

        if (given is not null && led.Length == 0)
            source = new InsteadOfSource(given, source);
        for (int i = first; i < _stages.Count; i++)
        {
            bool latents = i > 0 && spaces[i - 1] is not null;
            IStripSource output = Connect(i, source, latents, spaces[i], originals);
            if (cached is not null && spaces[i] is null)
                output = cached.Keep(i, output);
            source = new PrefetchSource(output, prefetchBytes);
        }

        return source;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PlannedStage planned in _stages)
        {
            await planned.Stage.DisposeAsync().ConfigureAwait(false);
            if (planned.Cut is not null)
                await planned.Cut.DisposeAsync().ConfigureAwait(false);
        }

        _stages.Clear();
    }

    /// <summary>Makes and plans one stage more.</summary>
    public async Task AddAsync(StageSpec spec, CancellationToken cancellationToken)
    {
        IStage stage = _services.CreateStage(spec.Id, spec.Options);
        try
        {
            StagePlan plan = await stage.PlanAsync(Output, cancellationToken).ConfigureAwait(false);
            if (plan.Output.Channels is not (1 or 3))
                throw new UpscaleException(UpscaleErrorId.StageFailed, $"The stage '{spec.Id}' promises a picture of {plan.Output}, which is none.");
            foreach (string warning in plan.Warnings)
                _services.Warn(warning);
            ImageShape original = Region is { } shown ? Input with { Width = Pixels(shown.Width), Height = Pixels(shown.Height) } : Input;
            bool wantsOriginal = _stages.Count > 0 && stage is IConditionedStage conditioned && conditioned.WantsOriginal(original);
            IStage? cut = wantsOriginal && Region is not null ? await CutAsync(original, cancellationToken).ConfigureAwait(false) : null;
            var latent = wantsOriginal ? null : stage as ILatentStage;
            _stages.Add(new PlannedStage(spec, stage, plan, latent?.InputSpace, latent?.OutputSpace, wantsOriginal, cut));
            if (plan.Region is { } region)
                Region = region.Within(Output, Region ?? new ImageRegion(0, 0, Input.Width, Input.Height));
            Output = plan.Output;
        }
        catch
        {
            await stage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private IStripSource Connect(int index, IStripSource input, bool latents, LatentSpace? given, Queue<IStripSource> originals)
    {
        PlannedStage at = _stages[index];
        if (at.WantsOriginal)
            _services.Log($"The stage '{at.Spec.Id}' is led by the picture that came in, of {Input}.");
        IStripSource source = at.Clock.Input(input);
        IStripSource output = at.WantsOriginal ? ((IConditionedStage)at.Stage).Connect(source, originals.Dequeue())
            : latents || given is not null ? ((ILatentStage)at.Stage).Connect(source, latents, given is not null)
            : at.Stage.Connect(source);
        return at.Clock.Output(output);
    }

    /// <summary>The first stage that has to run, and what the one before it gave in an earlier run; null for nothing.</summary>
    private (int First, IStripSource? Given) FindStart(LatentSpace?[] spaces, CachedStart? cached)
    {
        for (int i = _stages.Count - 2; i >= 0 && cached is not null; i--)
        {
            if (spaces[i] is null && cached.Open(i, _stages[i].Plan.Output) is { } given)
            {
                _services.Log($"What the stage '{_stages[i].Spec.Id}' gives is taken from the cache.");
                return (i + 1, given);
            }
        }

        return (0, null);
    }

    /// <summary>What takes the part of the picture that came in which the stages so far have left.</summary>
    private async Task<IStage> CutAsync(ImageShape size, CancellationToken cancellationToken)
    {
        StageSpec spec = Resample(size, Region);
        IStage stage = _services.CreateStage(spec.Id, spec.Options);
        await stage.PlanAsync(Input, cancellationToken).ConfigureAwait(false);
        return stage;
    }

    private static int Pixels(double length) => Math.Max(1, (int)Math.Round(length));

    /// <summary>The stage for a request that names none: the one that its network is made for.</summary>
    private static async Task<string> NaturalStageAsync(string? model, IStageServices services, CancellationToken cancellationToken)
        => model is null ? EnlargingStage : (await services.Models.DescribeAsync(model, cancellationToken).ConfigureAwait(false)).Stages[0];

    /// <summary>Gives an option of the whole request to the stages that take it and do not say it themselves.</summary>
    private static void Give(List<StageSpec> specs, string name, object value, PluginCatalog plugins)
    {
        bool taken = false;
        bool used = false;
        for (int i = 0; i < specs.Count; i++)
        {
            if (!Takes(specs[i], plugins, name))
                continue;
            taken = true;
            if (Names(specs[i], name))
                continue;
            specs[i] = specs[i].With((name, value));
            used = true;
        }

        if (used)
            return;
        string chain = string.Join(" + ", specs);
        if (taken)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The option '{name}' was given for the whole run, but every stage that takes it says it itself: {chain}. Give it once.");
        string[] would = [.. plugins.Stages.Where(s => s.Options.Any(o => o.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).Select(s => $"'{s.Id}'")];
        string advice = would.Length == 0 ? "No stage would." : $"Stages that would: {string.Join(", ", would)}.";
        throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The option '{name}' was given, but no stage takes it: {chain}. {advice}");
    }

    private static bool Takes(StageSpec spec, PluginCatalog plugins, string option)
        => plugins.Stage(spec.Id).Options.Any(o => o.Name.Equals(option, StringComparison.OrdinalIgnoreCase));

    private static bool Names(StageSpec spec, params string[] options)
        => spec.Options.Keys.Any(k => options.Contains(k, StringComparer.OrdinalIgnoreCase));

    /// <summary>The space in which two neighbours are connected; null where a picture travels between them.</summary>
    private LatentSpace? SharedSpace(PlannedStage from, PlannedStage to)
    {
        if (from.Gives is not { } gives || to.Takes is not { } takes)
            return null;
        bool shared = gives == takes;
        _services.Log(shared
            ? $"The stage '{from.Spec.Id}' hands latents of {gives.Shape(from.Plan.Output)} on to '{to.Spec.Id}': both work in {gives}."
            : $"The stage '{from.Spec.Id}' hands a picture on to '{to.Spec.Id}': it works in {gives}, the other one in {takes}.");
        return shared ? gives : null;
    }

    /// <param name="Spec">As asked for.</param>
    /// <param name="Stage">Made and planned.</param>
    /// <param name="Plan">What it promised.</param>
    /// <param name="Takes">The latents that it can take; null for pictures only.</param>
    /// <param name="Gives">The latents that it can give; null for pictures only.</param>
    /// <param name="WantsOriginal">True when it gets the picture that came in, beside its input: both as pictures.</param>
    /// <param name="Cut">What that picture goes through before, where the stages so far have cut off parts of it; null where they have not.</param>
    private sealed record PlannedStage(StageSpec Spec, IStage Stage, StagePlan Plan, LatentSpace? Takes, LatentSpace? Gives, bool WantsOriginal, IStage? Cut)
    {
        public StageClock Clock { get; } = new();
    }
}
