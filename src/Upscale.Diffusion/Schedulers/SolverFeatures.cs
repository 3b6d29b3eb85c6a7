namespace Upscale.Diffusion;

/// <summary>Keys of a config that only some of the solvers know.</summary>
[Flags]
internal enum SolverFeatures
{
    None = 0,

    /// <summary>The key <c>lambda_min_clipped</c>: leave out the noisiest training steps.</summary>
    LambdaClip = 1,

    /// <summary>Karras timesteps are cut off instead of rounded for the cosine schedule.</summary>
    UnroundedCosine = 2,
}
