namespace Upscale.Finishing;

/// <summary>
/// Film grain: colour + amount x 4 Y (1 - Y) x g, Y the luminance within 0..1 and g noise of deviation 1 under a Gaussian filter whose grains, by the half width of their
/// autocorrelation, have the wanted size. Values are not clipped.
/// </summary>
internal sealed class GrainStage(double amount, double size, bool colour, IStageServices services) : IStage
{
    /// <summary>Full width at half height of the autocorrelation of white noise under a Gaussian of deviation 1: sqrt(2) x 2 sqrt(2 ln 2).</summary>
    private const double WidthOfDeviation = 3.3302;

    private readonly GaussianKernel _kernel = GaussianKernel.OfPower(size / WidthOfDeviation);

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        int fields = colour ? input.Channels : 1;
        return ValueTask.FromResult(new StagePlan
        {
            Output = input,
            MemoryBytes = ((2L * _kernel.Radius) + 1) * input.Width * fields * sizeof(float),
            Operations = input.Pixels * fields * ((6.0 * _kernel.Radius) + 50),
        });
    }

    public IStripSource Connect(IStripSource input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new CountedSource(amount == 0 ? input : new GrainSource(input, (float)amount, _kernel, colour ? input.Shape.Channels : 1, services.Noise), services);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
