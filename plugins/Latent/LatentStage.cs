using Upscale.Diffusion.ResShift;

namespace Upscale.Latent;

/// <summary>Enlarges by a residual-shifting network in the space of an autoencoder.</summary>
internal sealed class LatentStage(StageOptions options, IStageServices services) : RepeatedStage(options, services)
{
    protected override ValueTask<ModelCard> FindAsync(CancellationToken cancellationToken) => DiffusionCard.FindAsync(
        Services, Options.GetString("model")!, "latent", "ResShiftLatentUpscalePipeline", ["unet", Autoencoder.Encoder, Autoencoder.Decoder], cancellationToken);

    protected override IStage MakePass(ModelCard card, ResShiftSchedule schedule, int noiseOffset)
    {
        Autoencoder autoencoder = Autoencoder.Read(card);
        return new LatentPass(card, autoencoder, Settings(schedule, 1, autoencoder.LatentChannels, noiseOffset), Services);
    }
}
