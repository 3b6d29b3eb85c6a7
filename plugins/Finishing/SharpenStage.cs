namespace Upscale.Finishing;

/// <summary>
/// Unsharp mask on luminance: colour + amount x shrink(Y - blur(Y)), shrink taking the threshold off what exceeds it. The same is added to every channel, so
/// that Cb and Cr stay. Values are not clipped.
/// </summary>
internal sealed class SharpenStage(double radius, double amount, double threshold, IStageServices services) : IStage
{
    private readonly GaussianKernel _kernel = GaussianKernel.OfSum(radius);

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new StagePlan
    {
        Output = input,
        Halo = _kernel.Radius,
        MemoryBytes = ((2L * _kernel.Radius) + 1) * input.Width * (input.Channels + 1) * sizeof(float),
        Operations = input.Pixels * ((6.0 * _kernel.Radius) + (2 * input.Channels)),
    });

    public IStripSource Connect(IStripSource input)
    {
        if (amount == 0)
            return new CountedSource(input, services);
        var tee = new StripTee(input);
        var blurred = new BlurSource(new LuminanceSource(tee.First), _kernel);
        return new CountedSource(new SharpenSource(tee.Second, blurred, (float)amount, (float)threshold), services);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
