namespace Upscale.Gan;

/// <summary>Makes <c>tta</c> stages.</summary>
public sealed class EnsembleStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new EnsembleStage(options, services);
    }
}
