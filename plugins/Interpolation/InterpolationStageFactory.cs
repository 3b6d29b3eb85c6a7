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
            input => (Size(input, options), null),
            options.GetSwitch("linearLight"),
            services);
    }

    private static ImageShape Size(ImageShape input, StageOptions options)
        => TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"))
            ?? throw new UpscaleException(UpscaleErrorId.OptionInvalid, "The interpolation stage was given no size. Set scale, width or height.");
}
