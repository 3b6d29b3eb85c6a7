namespace Upscale.Diffusion;

/// <summary>Makes <c>diffusion</c> stages.</summary>
public sealed class DiffusionStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DiffusionStage(options, services);
    }
}
