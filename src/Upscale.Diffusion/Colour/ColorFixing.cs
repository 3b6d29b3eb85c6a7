using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Colour;

/// <summary>Gives a picture the colours of a reference (the methods of StableSR's colour fix).</summary>
public static class ColorFixing
{
    private const int Levels = 5;

    /// <summary>The picture with the colours of the reference; not clipped.</summary>
    /// <param name="fix">
    /// <see cref="ColorFix.Wavelet"/>: content + low(reference - content), where low is five blurs in a row with the kernel [1 2 1; 2 4 2; 1 2 1] / 16, dilated by
    /// 1, 2, 4, 8 and 16 pixels, the edge pixels repeated; it streams. <see cref="ColorFix.AdaIN"/>: (content - mean) / deviation * deviation of the reference + mean
    /// of the reference, where deviation = sqrt(variance + 1e-5); it has to see all before the first row, and keeps the content in memory.
    /// </param>
    /// <param name="content">The picture; the returned source owns it.</param>
    /// <param name="reference">Of the same size, see <see cref="ReferenceSource"/>; the returned source owns it.</param>
    public static IStripSource Apply(ColorFix fix, IStripSource content, IStripSource reference)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(reference);
        if (content.Shape != reference.Shape)
            throw new ArgumentException($"A reference of {reference.Shape} does not fit a picture of {content.Shape}.", nameof(reference));
        return fix switch
        {
            ColorFix.None => new SoleSource(content, reference),
            ColorFix.AdaIN => new AdaInSource(content, reference),
            ColorFix.Wavelet => Wavelet(content, reference),
            _ => throw new ArgumentOutOfRangeException(nameof(fix), fix, "No colour fix."),
        };
    }

    private static WeightedSource Wavelet(IStripSource content, IStripSource reference)
    {
        // The blurs are linear: those of the difference are the difference of the blurs, at half the work.
        var contents = new StripTee(content);
        IStripSource correction = new WeightedSource(reference, 1, contents.First, -1);
        for (int level = 0; level < Levels; level++)
            correction = new DilatedBlur(correction, 1 << level);
        return new WeightedSource(contents.Second, 1, correction, 1);
    }
}
