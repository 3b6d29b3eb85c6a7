using Upscale.Diffusion.Sources;

namespace Upscale.Finishing;

/// <summary>weight x picture + (1 - weight) x the picture that came in, enlarged.</summary>
internal sealed class BlendStage(double weight, IStageServices services) : ComparedStage("blend", services)
{
    public override bool WantsOriginal(ImageShape original) => weight < 1;

    protected override IStripSource Compare(IStripSource picture, IStripSource reference) => new WeightedSource(picture, (float)weight, reference, (float)(1 - weight));
}
