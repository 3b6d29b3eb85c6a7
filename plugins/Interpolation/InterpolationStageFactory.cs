namespace Upscale.Interpolation;

/// <summary>Makes the stage <c>interpolation</c>.</summary>
public sealed class InterpolationStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        return new InterpolationStage(
            Kernel.Named(options.GetString("kernel")),
            input => TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height")),
            options.GetSwitch("linearLight"),
            services);
    }
}
