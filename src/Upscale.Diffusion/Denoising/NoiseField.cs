namespace Upscale.Diffusion.Denoising;

/// <summary>
/// Which field of <see cref="INoise"/> serves what in a pipeline that works on latents; each has the size of the latents (of the picture for
/// <see cref="LowResolution"/>). The sampler's draws are 0, 1, 2 ...
/// </summary>
public static class NoiseField
{
    /// <summary>Noise that is added to the picture that leads an enlargement.</summary>
    public const int LowResolution = -1;

    /// <summary>Draw of an encoder's posterior.</summary>
    public const int Posterior = -2;

    /// <summary>Noise that the first step begins with.</summary>
    public const int Start = -3;

    /// <summary>Draw of the posterior of the picture with its hole.</summary>
    public const int MaskedPosterior = -4;
}
