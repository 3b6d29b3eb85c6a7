namespace Upscale.Cli.Bench;

/// <summary>A way of making a picture four times as large.</summary>
/// <param name="Name">For people.</param>
/// <param name="Options">Of <c>upscale run</c>, without the picture, the scale and the target.</param>
internal sealed record Technique(string Name, IReadOnlyList<string> Options)
{
    /// <summary>One or more of each family that comes with the program.</summary>
    public static IReadOnlyList<Technique> All { get; } =
    [
        new("interpolation, nearest", ["--stage", "interpolation:kernel=nearest"]),
        new("interpolation, bicubic", ["--stage", "interpolation:kernel=bicubic"]),
        new("interpolation, lanczos3", ["--stage", "interpolation:kernel=lanczos3"]),
        new("gan, realesr-general-x4v3", ["--model", "realesr-general-x4v3"]),
        new("gan, realesrgan-x4plus", ["--model", "realesrgan-x4plus"]),
        new("gan, upscalerjs-esrgan-thick-x4", ["--model", "upscalerjs-esrgan-thick-x4"]),
        new("gan, waifu2x-cunet-scale2x twice", ["--model", "waifu2x-cunet-scale2x"]),
        new("gan, realcugan-se-up4x-conservative", ["--model", "realcugan-se-up4x-conservative"]),
        new("diffusion, sinsr-x4-compact", ["--model", "sinsr-x4-compact"]),
        new("diffusion, resshift-x4-compact", ["--model", "resshift-x4-compact"]),
        new("latent, latent-x2-compact twice", ["--model", "latent-x2-compact"]),
        new("gan, then refine", ["--stage", "gan:model=realesr-general-x4v3", "--stage", "refine:model=resshift-x4-compact"]),
        new("latent x2, then gan x2", ["--stage", "latent:model=latent-x2-compact", "--stage", "gan:model=waifu2x-cunet-scale2x"]),
    ];
}
