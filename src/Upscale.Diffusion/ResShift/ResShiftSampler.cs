using Upscale.Diffusion.Stages;

namespace Upscale.Diffusion.ResShift;

/// <summary>
/// All steps of a residual-shifting sampler in a row. In: the condition, or the condition and the phases of a picture (see
/// <see cref="PixelShuffle"/>) where the sampler begins with one. Out: the condition's planes, <see cref="ResShiftSettings.Factor"/> times as large.
/// </summary>
/// <param name="card">A network with the component <c>unet</c>.</param>
/// <param name="settings">What the sampler does.</param>
/// <param name="services">What the engine offers.</param>
public sealed class ResShiftSampler(ModelCard card, ResShiftSettings settings, IStageServices services) : IStage
{
    private readonly StageSequence _steps = new();

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        int count = settings.Schedule.Timesteps(settings.PictureStep ?? settings.Schedule.Steps).Length;
        for (int i = 0; i < count; i++)
            input = await _steps.AddAsync(new ResShiftStep(card, settings, i, services), input, cancellationToken).ConfigureAwait(false);
        return _steps.Plan;
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input) => _steps.Connect(input);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _steps.DisposeAsync();
}
