namespace Upscale.Diffusion;

/// <summary>Makes <c>refine</c> stages.</summary>
public sealed class RefineStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new RefineStage(options, services);
    }
}
