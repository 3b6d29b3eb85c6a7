namespace Upscale.Gan;

/// <summary>Makes <c>gan</c> stages.</summary>
public sealed class GanStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new GanStage(options, services);
    }
}
