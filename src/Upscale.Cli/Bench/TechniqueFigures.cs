namespace Upscale.Cli.Bench;

/// <summary>What a technique took and how its picture compares.</summary>
/// <param name="Number">Of its part of the contact sheet, from 1.</param>
/// <param name="Technique">Its name.</param>
/// <param name="Options">Of <c>upscale run</c>, beside the picture and the scale.</param>
/// <param name="Picture">Path of its picture.</param>
/// <param name="Seconds">From the start of the process to its end.</param>
/// <param name="PeakBytes">Most memory that was resident at once.</param>
/// <param name="Psnr">Against the truth, in dB.</param>
/// <param name="Ssim">Against the truth; null for tiny pictures.</param>
/// <param name="Consistency">PSNR in dB of the picture, reduced, against the small one.</param>
internal sealed record TechniqueFigures(
    int Number, string Technique, string Options, string Picture, double Seconds, long PeakBytes, double Psnr, double? Ssim, double Consistency);
