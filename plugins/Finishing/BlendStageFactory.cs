namespace Upscale.Finishing;

/// <summary>Makes <c>blend</c> stages.</summary>
public sealed class BlendStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new BlendStage(options.GetNumber("weight")!.Value, services);
    }
}
