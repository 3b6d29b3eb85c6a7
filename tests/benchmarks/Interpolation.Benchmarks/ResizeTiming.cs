namespace Upscale.Interpolation.Benchmarks;

/// <summary>One resize timed with both libraries: the fastest of several runs, in milliseconds.</summary>
/// <param name="Kernel">Name of our kernel.</param>
/// <param name="Scale">Factor for both sides.</param>
/// <param name="OursMs">The stage, float32 strips in, the whole float32 picture in memory out.</param>
/// <param name="VipsFloatMs">libvips <c>resize</c>, float32 in memory to float32 in memory.</param>
/// <param name="VipsByteMs">libvips <c>resize</c>, 8 bits in memory to 8 bits in memory.</param>
public sealed record ResizeTiming(string Kernel, double Scale, double OursMs, double VipsFloatMs, double VipsByteMs)
{
    /// <summary>How many times as fast as libvips on float32.</summary>
    public double OverFloat => VipsFloatMs / OursMs;

    /// <summary>How many times as fast as libvips on 8 bits.</summary>
    public double OverByte => VipsByteMs / OursMs;
}
