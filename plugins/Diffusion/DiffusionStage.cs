using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Stages;

namespace Upscale.Diffusion;

/// <summary>Enlarges by a diffusion network that is led by the small picture, as the pipeline of its model says.</summary>
internal sealed class DiffusionStage(StageOptions options, IStageServices services) : DeferredStage
{
    private const string Stage = "diffusion";
    private const string ResidualShifting = "ResShiftUpscalePipeline";
    private const string StableDiffusion = "StableDiffusionUpscalePipeline";
    private const string LatentDiffusion = "LDMSuperResolutionPipeline";

    protected override async ValueTask<IStage> ChooseAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelCard card = await DiffusionCard.FindAsync(services, options.GetString("model")!, Stage, cancellationToken).ConfigureAwait(false);
        return new RepeatedStage(options, options.GetNumber("consistency") ?? 0, services, card.Pipeline switch
        {
            ResidualShifting => Shift(card),
            StableDiffusion or LatentDiffusion => Sample(card),
            _ => throw DiffusionCard.UnknownPipeline(card, Stage, ResidualShifting, StableDiffusion, LatentDiffusion),
        });
    }

    private Func<int, IStage> Shift(ModelCard card)
    {
        OptionCheck.WarnOfUnused(options, services, card, OptionCheck.Sampling);
        DiffusionCard.Require(card, "unet");
        ResShiftSchedule schedule = ResShiftSchedule.Read(card);
        return pass => new ResShiftSampler(card, ResShiftSettings.Read(options, schedule, card.Scale, card.Channels, pass), services);
    }

    private Func<int, IStage> Sample(ModelCard card)
    {
        OptionCheck.WarnOfUnused(options, services, card, OptionCheck.ResidualShifting);
        PipelineFolder folder = PipelineFolder.Read(card);
        SamplingOptions sampling = SamplingOptions.Read(options);
        ColorFix colorFix = OptionCheck.ColorFix(options);
        return pass => new PictureUpscaling(folder, sampling, colorFix, services) { Noise = new ShiftedNoise(services.Noise, pass) };
    }
}
