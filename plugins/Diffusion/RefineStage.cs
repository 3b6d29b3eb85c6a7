using Upscale.Diffusion.ResShift;

namespace Upscale.Diffusion;

/// <summary>
/// Refines a picture that is large already: its residual to a reduced copy of itself is made noisy and brought back by the last steps of a
/// residual-shifting network. The size stays.
/// </summary>
internal sealed class RefineStage(StageOptions options, IStageServices services) : IStage
{
    private readonly StageSequence _steps = new();
    private IStage? _reducing;
    private ImageShape _input;
    private ImageShape _extended;
    private int _factor;
    private float _share;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        _input = input;
        ModelCard card = await DiffusionCard.FindAsync(services, options.GetString("model")!, "refine", "ResShiftUpscalePipeline", ["unet"], cancellationToken).ConfigureAwait(false);
        double strength = options.GetNumber("strength")!.Value;
        if (strength == 0)
            return new StagePlan { Output = input };

        ResShiftSchedule schedule = ResShiftSchedule.Read(card);
        (int step, _share) = Strength.Resolve(strength, schedule.Steps - 1);
        var settings = new ResShiftSettings
        {
            Schedule = schedule,
            Factor = card.Scale,
            Channels = card.Channels,
            Deterministic = options.GetString("sampler") == "deterministic",
            Temperature = options.GetNumber("temperature") ?? schedule.NoiseTemperature,
            PictureStep = step,
        };
        _factor = card.Scale;
        var grid = new ImageShape((input.Width + _factor - 1) / _factor, (input.Height + _factor - 1) / _factor, card.Channels);
        _extended = new ImageShape(grid.Width * _factor, grid.Height * _factor, card.Channels);
        _reducing = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = grid.Width, ["height"] = grid.Height });
        await _reducing.PlanAsync(_extended, cancellationToken).ConfigureAwait(false);
        await _steps.AddAsync(new ResShiftSampler(card, settings, services), grid with { Channels = card.Channels * (1 + (_factor * _factor)) }, cancellationToken).ConfigureAwait(false);
        StagePlan plan = _steps.Plan;
        return plan with { Output = input, Halo = plan.Halo * _factor };
    }

    public IStripSource Connect(IStripSource input)
    {
        if (_reducing is null)
            return input;
        IStripSource picture = _input.Channels == 1 ? new WideSource(input) : input;
        StripTee? kept = _share < 1 ? new StripTee(picture) : null;
        var tee = new StripTee(new ExtendedSource(kept?.First ?? picture, _extended.Width, _extended.Height));
        IStripSource refined = _steps.Connect(new StackedSource(_reducing.Connect(tee.First), new PhaseSource(tee.Second, _factor)));
        refined = new CroppedSource(refined, _input.Width, _input.Height);
        if (kept is not null)
            refined = new WeightedSource(kept.Second, 1 - _share, refined, _share);
        return _input.Channels == 1 ? new MeanSource(refined) : refined;
    }

    public async ValueTask DisposeAsync()
    {
        await _steps.DisposeAsync().ConfigureAwait(false);
        if (_reducing is not null)
            await _reducing.DisposeAsync().ConfigureAwait(false);
    }
}
