namespace Upscale.Finishing;

/// <summary>Makes <c>grain</c> stages.</summary>
public sealed class GrainStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new GrainStage(options.GetNumber("amount")!.Value, options.GetNumber("size")!.Value, options.GetSwitch("color"), services);
    }
}
