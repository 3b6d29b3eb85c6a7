using Upscale.Diffusion.Models;
using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Sources;
using Upscale.Diffusion.Stages;

namespace Upscale.Diffusion;

/// <summary>
/// Refines a picture that is large already: its residual to a small copy of itself is made noisy and brought back by the last steps of a
/// residual-shifting network. The small copy is the picture that came into the recipe where it was enlarged by the network's own factor, else the
/// picture reduced. The size stays.
/// </summary>
internal sealed class ResidualRefining(ModelCard card, StageOptions options, IStageServices services) : IConditionedStage
{
    private const double DefaultStrength = 0.6;

    private readonly StageSequence _steps = new();
    private IStage? _reducing;
    private ImageShape _input;
    private ImageShape _extended;
    private int _factor;
    private float _share;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        _input = input;
        DiffusionCard.Require(card, "unet");
        double strength = options.GetNumber("strength") ?? DefaultStrength;
        if (strength == 0)
            return new StagePlan { Output = input };

        ResShiftSchedule schedule = ResShiftSchedule.Read(card);
        (int step, _share) = Strength.Resolve(strength, schedule.Steps - 1);
        ResShiftSettings settings = ResShiftSettings.Read(options, schedule, card.Scale, card.Channels, pass: 0) with { PictureStep = step };
        _factor = card.Scale;
        var grid = new ImageShape((input.Width + _factor - 1) / _factor, (input.Height + _factor - 1) / _factor, card.Channels);
        _extended = new ImageShape(grid.Width * _factor, grid.Height * _factor, card.Channels);
        _reducing = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = grid.Width, ["height"] = grid.Height });
        await _reducing.PlanAsync(_extended, cancellationToken).ConfigureAwait(false);
        await _steps.AddAsync(new ResShiftSampler(card, settings, services), grid with { Channels = card.Channels * (1 + (_factor * _factor)) }, cancellationToken).ConfigureAwait(false);
        StagePlan plan = _steps.Plan;
        return plan with { Output = input, Halo = plan.Halo * _factor };
    }

    public bool WantsOriginal(ImageShape original)
        => _reducing is not null && (original.Width * _factor, original.Height * _factor) == (_input.Width, _input.Height);

    public IStripSource Connect(IStripSource input) => Connect(input, null);

    public IStripSource Connect(IStripSource input, IStripSource? original)
    {
        if (_reducing is null)
            return input;
        IStripSource picture = Wide(input);
        StripTee? kept = _share < 1 ? new StripTee(picture) : null;
        IStripSource extended = new ExtendedSource(kept?.First ?? picture, _extended.Width, _extended.Height);
        IStripSource condition;
        if (original is not null)
        {
            condition = Wide(original);
        }
        else
        {
            var tee = new StripTee(extended);
            condition = _reducing.Connect(tee.First);
            extended = tee.Second;
        }

        IStripSource refined = _steps.Connect(new StackedSource(condition, new PhaseSource(extended, _factor)));
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

    private static IStripSource Wide(IStripSource picture) => picture.Shape.Channels == 1 ? new WideSource(picture) : picture;
}
