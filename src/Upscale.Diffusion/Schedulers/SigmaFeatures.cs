namespace Upscale.Diffusion;

/// <summary>Keys of a config that only some of the sigma-space samplers know.</summary>
[Flags]
internal enum SigmaFeatures
{
    None = 0,

    /// <summary>Karras or exponential sigmas.</summary>
    Respacing = 1,

    /// <summary>The choice of the last sigma.</summary>
    FinalSigma = 2,
}
