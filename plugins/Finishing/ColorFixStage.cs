using Upscale.Diffusion.Colour;

namespace Upscale.Finishing;

/// <summary>The colours of the picture that came in, by the methods of <see cref="ColorFixing"/>.</summary>
internal sealed class ColorFixStage(ColorFix fix, IStageServices services) : ComparedStage("colorfix", services)
{
    protected override long MemoryBytes(ImageShape input) => fix == ColorFix.AdaIN ? input.Pixels * input.Channels * sizeof(float) : 0;

    protected override IStripSource Compare(IStripSource picture, IStripSource reference) => ColorFixing.Apply(fix, picture, reference);
}
