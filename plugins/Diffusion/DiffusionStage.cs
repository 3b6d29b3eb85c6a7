using Upscale.Diffusion.ResShift;

namespace Upscale.Diffusion;

/// <summary>Enlarges by a residual-shifting network in pixel space.</summary>
internal sealed class DiffusionStage(StageOptions options, IStageServices services) : RepeatedStage(options, services)
{
    protected override ValueTask<ModelCard> FindAsync(CancellationToken cancellationToken)
        => DiffusionCard.FindAsync(Services, Options.GetString("model")!, "diffusion", "ResShiftUpscalePipeline", ["unet"], cancellationToken);

    protected override IStage MakePass(ModelCard card, ResShiftSchedule schedule, int noiseOffset)
        => new ResShiftSampler(card, Settings(schedule, card.Scale, card.Channels, noiseOffset), Services);
}
