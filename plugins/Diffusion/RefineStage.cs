using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.Redraw;
using Upscale.Diffusion.Stages;

namespace Upscale.Diffusion;

/// <summary>Refines a picture that is large already by a light diffusion, as the pipeline of its model says. The size stays.</summary>
internal sealed class RefineStage(StageOptions options, IStageServices services) : DeferredStage
{
    private const string Stage = "refine";
    private const string ResidualShifting = "ResShiftUpscalePipeline";

    protected override async ValueTask<IStage> ChooseAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ModelCard card = await DiffusionCard.FindAsync(services, options.GetString("model")!, Stage, cancellationToken).ConfigureAwait(false);
        if (card.Pipeline == ResidualShifting)
        {
            OptionCheck.WarnOfUnused(options, services, card, OptionCheck.Sampling);
            return new ResidualRefining(card, options, services);
        }

        if (!ImageToImage.Knows(card))
            throw DiffusionCard.UnknownPipeline(card, Stage, [ResidualShifting, .. ImageToImage.Pipelines]);
        OptionCheck.WarnOfUnused(options, services, card, OptionCheck.ResidualShifting);
        SamplingOptions sampling = SamplingOptions.Read(options);
        RedrawOptions? redraw = RedrawOptions.Read(options);
        if (sampling.Strength == 0)
            return new UnchangedStage();
        PipelineFolder folder = PipelineFolder.Read(card);
        if (options.GetString("mask") is not { } path)
            return Make(null, OptionCheck.ColorFix(options));
        RepaintMask mask = await RepaintMask.OpenAsync(path, input, card, services, cancellationToken).ConfigureAwait(false);
        try
        {
            // What is repainted may well get other colours than it had.
            return new RepaintedStage(Make(mask, ColorFix.None), mask);
        }
        catch
        {
            mask.Dispose();
            throw;
        }

        IStage Make(RepaintMask? mask, ColorFix colorFix) => redraw is null
            ? new ImageToImage(folder, sampling, mask, null, colorFix, services)
            : new RedrawStage(folder, sampling, redraw, mask, colorFix, services);
    }
}
