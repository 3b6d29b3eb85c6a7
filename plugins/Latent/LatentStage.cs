using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.LatentResampling;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Stages;

namespace Upscale.Latent;

/// <summary>Enlarges in the space of an autoencoder, as the pipeline of its model says.</summary>
internal sealed class LatentStage(StageOptions options, IStageServices services) : DeferredStage
{
    private const string Stage = "latent";
    private const string ResidualShifting = "ResShiftLatentUpscalePipeline";
    private const string StableDiffusion = "StableDiffusionLatentUpscalePipeline";
    private const double DefaultScale = 2;

    protected override async ValueTask<IStage> ChooseAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelCard card = await DiffusionCard.FindAsync(services, options.GetString("model")!, Stage, cancellationToken).ConfigureAwait(false);
        if (card.Pipeline == ResidualShifting)
            return new RepeatedStage(options, options.GetNumber("consistency") ?? 1, services, Shift(card));
        OptionCheck.WarnOfUnused(options, services, card, OptionCheck.ResidualShifting);
        PipelineFolder folder = PipelineFolder.Read(card);
        SamplingOptions sampling = SamplingOptions.Read(options);
        ColorFix colorFix = OptionCheck.ColorFix(options);
        double consistency = options.GetNumber("consistency") ?? 0;
        if (card.Pipeline == StableDiffusion)
            return new RepeatedStage(options, consistency, services, pass => new LatentUpscaling(folder, sampling, colorFix, services) { Noise = new ShiftedNoise(services.Noise, pass) });
        if (!ImageToImage.Knows(card))
            throw DiffusionCard.UnknownPipeline(card, Stage, [ResidualShifting, StableDiffusion, .. ImageToImage.Pipelines]);
        return Resize(folder, sampling, colorFix, consistency, input);
    }

    private Func<int, IStage> Shift(ModelCard card)
    {
        OptionCheck.WarnOfUnused(options, services, card, OptionCheck.Sampling);
        DiffusionCard.Require(card, "unet", CompactAutoencoder.Encoder, CompactAutoencoder.Decoder);
        ResShiftSchedule schedule = ResShiftSchedule.Read(card);
        CompactAutoencoder autoencoder = CompactAutoencoder.Read(card);
        return pass => new LatentPass(card, autoencoder, ResShiftSettings.Read(options, schedule, 1, autoencoder.LatentChannels, pass), services);
    }

    /// <summary>Latents are resized, then made anew with the strength that takes the traces of that away.</summary>
    private IStage Resize(PipelineFolder folder, SamplingOptions sampling, ColorFix colorFix, double consistency, ImageShape input)
    {
        ImageShape target = TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"))
            ?? TargetSize.Resolve(input, DefaultScale, null, null)!.Value;
        var kernel = Enum.Parse<LatentKernel>(options.GetString("interpolation")?.Replace("-", "", StringComparison.Ordinal) ?? nameof(LatentKernel.Bislerp), ignoreCase: true);
        IStage resized = new ImageToImage(folder, sampling with { Strength = sampling.Strength ?? ImageToImage.StrengthAfterResizing }, null, (kernel, target), colorFix, services);
        return consistency > 0 ? new ConsistentStage(resized, consistency, services) : resized;
    }
}
