namespace Upscale.Latent;

/// <summary>Makes <c>latent</c> stages.</summary>
public sealed class LatentStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new LatentStage(options, services);
    }
}
