namespace Upscale.Gan;

/// <summary>Makes <c>denoise</c> stages.</summary>
public sealed class DenoiseStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DenoiseStage(options, services);
    }
}
