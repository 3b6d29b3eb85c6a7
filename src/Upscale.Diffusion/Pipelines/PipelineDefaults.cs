using Upscale.Diffusion.Denoising;

namespace Upscale.Diffusion.Pipelines;

/// <summary>What a pipeline takes where the user says nothing.</summary>
/// <param name="Steps">Of the whole chain.</param>
/// <param name="Guidance">How strongly the prompt leads.</param>
/// <param name="Strength">How much of the chain is run.</param>
/// <param name="ConsistencyModel">True for latent consistency models, which make all their steps within the strength.</param>
internal sealed record PipelineDefaults(int Steps, double Guidance, double Strength, bool ConsistencyModel)
{
    public static PipelineDefaults Of(ModelCard card) => card.Pipeline switch
    {
        { } name when name.StartsWith("LatentConsistency", StringComparison.Ordinal) => new(4, 8.5, 0.3, true),
        { } name when name.StartsWith("StableDiffusionXL", StringComparison.Ordinal) => new(30, 5, 0.3, false),
        _ => new(30, 7.5, 0.3, false),
    };
}
