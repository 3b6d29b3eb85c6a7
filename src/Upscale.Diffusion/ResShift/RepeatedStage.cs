namespace Upscale.Diffusion.ResShift;

/// <summary>
/// A network applied as often as the factor needs, and an interpolation to the exact size where the network's own factor does not meet it. A gray
/// picture goes through as three equal planes and comes out as their mean.
/// </summary>
/// <param name="options">With <c>scale</c>, <c>width</c>, <c>height</c>, <c>sampler</c>, <c>temperature</c> and <c>consistency</c>.</param>
/// <param name="services">What the engine offers.</param>
public abstract class RepeatedStage(StageOptions options, IStageServices services) : IStage
{
    private readonly StageSequence _passes = new();
    private bool _gray;

    /// <summary>The options of the stage.</summary>
    protected StageOptions Options => options;

    /// <summary>What the engine offers.</summary>
    protected IStageServices Services => services;

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelCard card = await FindAsync(cancellationToken).ConfigureAwait(false);
        ResShiftSchedule schedule = ResShiftSchedule.Read(card);
        ImageShape? target = TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"));
        double consistency = options.GetNumber("consistency") ?? 0;
        _gray = input.Channels == 1;
        ImageShape size = input with { Channels = card.Channels };
        int noiseOffset = 0;
        do
        {
            IStage pass = new ConsistentStage(MakePass(card, schedule, noiseOffset), consistency, services);
            size = await _passes.AddAsync(pass, size, cancellationToken).ConfigureAwait(false);

            // A pass uses one field of noise to begin with and one a step.
            noiseOffset += schedule.Steps + 1;
        }
        while (target is { } wanted && (size.Width < wanted.Width || size.Height < wanted.Height));

        if (target is { } exact && (size.Width, size.Height) != (exact.Width, exact.Height))
        {
            IStage resampling = services.CreateStage("interpolation", new Dictionary<string, object> { ["width"] = exact.Width, ["height"] = exact.Height });
            await _passes.AddAsync(resampling, size, cancellationToken).ConfigureAwait(false);
        }

        StagePlan plan = _passes.Plan;
        return plan with { Output = plan.Output with { Channels = input.Channels } };
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
        => _gray ? new MeanSource(_passes.Connect(new WideSource(input))) : _passes.Connect(input);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _passes.DisposeAsync();
    }

    /// <summary>The network, checked.</summary>
    protected abstract ValueTask<ModelCard> FindAsync(CancellationToken cancellationToken);

    /// <summary>One enlargement by the network's own factor.</summary>
    /// <param name="card">The network.</param>
    /// <param name="schedule">Its chain.</param>
    /// <param name="noiseOffset">First field of noise that is its own.</param>
    protected abstract IStage MakePass(ModelCard card, ResShiftSchedule schedule, int noiseOffset);

    /// <summary>The settings of a sampler as the options say.</summary>
    /// <param name="schedule">The chain.</param>
    /// <param name="factor">As <see cref="ResShiftSettings.Factor"/>.</param>
    /// <param name="channels">As <see cref="ResShiftSettings.Channels"/>.</param>
    /// <param name="noiseOffset">As <see cref="ResShiftSettings.NoiseOffset"/>.</param>
    protected ResShiftSettings Settings(ResShiftSchedule schedule, int factor, int channels, int noiseOffset)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return new ResShiftSettings
        {
            Schedule = schedule,
            Factor = factor,
            Channels = channels,
            Deterministic = options.GetString("sampler") == "deterministic",
            Temperature = options.GetNumber("temperature") ?? schedule.NoiseTemperature,
            NoiseOffset = noiseOffset,
        };
    }
}
