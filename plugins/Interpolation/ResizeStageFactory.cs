namespace Upscale.Interpolation;

/// <summary>Makes the stage <c>resize</c>.</summary>
public sealed class ResizeStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var target = new ResizeTarget(options);
        return new InterpolationStage(Kernel.Named(options.GetString("kernel")), target.For, options.GetSwitch("linearLight"), services);
    }
}
