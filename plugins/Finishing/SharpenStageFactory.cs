namespace Upscale.Finishing;

/// <summary>Makes <c>sharpen</c> stages.</summary>
public sealed class SharpenStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SharpenStage(options.GetNumber("radius")!.Value, options.GetNumber("amount")!.Value, options.GetNumber("threshold")!.Value, services);
    }
}
