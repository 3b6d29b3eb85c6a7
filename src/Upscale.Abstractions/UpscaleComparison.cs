namespace Upscale;

/// <summary>
/// How far a picture is from what it should be. A plain record: it survives jobs and remoting. A figure that cannot be told is null:
/// those against the truth without a truth of the result's size, <see cref="Ssim"/> and <see cref="MsSsim"/> of pictures that are too
/// small, and <see cref="Consistency"/> without a source.
/// </summary>
public sealed record UpscaleComparison
{
    /// <summary>Full path of the truth; null when there was none.</summary>
    public string? Reference { get; init; }

    /// <summary>Full path of the result that was compared.</summary>
    public required string Difference { get; init; }

    /// <summary>Full path of the picture that the result was made of; null when it was not told.</summary>
    public string? Source { get; init; }

    /// <summary>Peak signal-to-noise ratio in dB over all samples of all channels, the peak being white (1); positive infinity for equal pictures.</summary>
    public double? Psnr { get; init; }

    /// <summary>Structural similarity, -1 to 1 for equal pictures: mean over windows of 11 x 11 pixels and over the channels. Null below that size.</summary>
    public double? Ssim { get; init; }

    /// <summary>Multi-scale structural similarity over five scales, 0 to 1. Null unless both sides are over 160 pixels.</summary>
    public double? MsSsim { get; init; }

    /// <summary>Mean colour difference CIEDE2000 with the colours taken as sRGB; around 1 can just be seen.</summary>
    public double? DeltaE { get; init; }

    /// <summary>PSNR in dB of the result, reduced to the source's size by an antialiased bicubic filter, against the source.</summary>
    public double? Consistency { get; init; }

    /// <summary>Full path of the picture that shows both beside each other; null when none was asked for.</summary>
    public string? SideBySide { get; init; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
