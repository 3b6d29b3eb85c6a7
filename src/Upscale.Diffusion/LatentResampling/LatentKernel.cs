namespace Upscale.Diffusion.LatentResampling;

/// <summary>How latents are made larger or smaller. None of them antialiases.</summary>
public enum LatentKernel
{
    /// <summary>The nearest latent, by the centres of the pixels.</summary>
    NearestExact,

    /// <summary>Two latents on each axis, by distance.</summary>
    Bilinear,

    /// <summary>Four latents on each axis, cubic convolution with a = -0.75.</summary>
    Bicubic,

    /// <summary>Two latents on each axis: their directions turned into each other, their lengths by distance.</summary>
    Bislerp,
}
