namespace Upscale.Interpolation;

/// <summary>Resizes a picture, or a part of it, by interpolation.</summary>
internal sealed class InterpolationStage : IStage
{
    private readonly Kernel _kernel;
    private readonly Func<ImageShape, (ImageShape Output, ImageRegion? Region)> _target;
    private readonly bool _linearLight;
    private readonly IStageServices _services;
    private ResamplePlan? _plan;

    /// <param name="kernel">The filter.</param>
    /// <param name="target">The size of the result, and the part of the input that it shows (null for all), for what comes in.</param>
    /// <param name="linearLight">Whether light is mixed instead of encoded values.</param>
    /// <param name="services">Told about progress.</param>
    public InterpolationStage(Kernel kernel, Func<ImageShape, (ImageShape Output, ImageRegion? Region)> target, bool linearLight, IStageServices services)
    {
        _kernel = kernel;
        _target = target;
        _linearLight = linearLight && kernel != Kernel.Nearest;
        _services = services;
    }

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        (ImageShape output, ImageRegion? region) = _target(input);
        _plan = new ResamplePlan(input, output, _kernel, region);
        (double width, double height) = region is { } part ? (part.Width, part.Height) : (input.Width, input.Height);
        return ValueTask.FromResult(new StagePlan
        {
            Output = _plan.Output,
            Region = region,
            Halo = Math.Max(Halo(width, output.Width), Halo(height, output.Height)),
            Tiles = _plan.Strips,
            MemoryBytes = _plan.MemoryBytes(Environment.ProcessorCount),
            Operations = _plan.Operations,
        });
    }

    public IStripSource Connect(IStripSource input)
    {
        ResamplePlan plan = _plan ?? throw new InvalidOperationException("The stage has not been planned.");
        int threads = Environment.ProcessorCount;
        IStripSource source = _linearLight ? new TransferSource(input, SrgbCurve.Decode, threads) : input;
        source = new InterpolationSource(source, plan, threads, () => _services.ReportTiles(1));
        return _linearLight ? new TransferSource(source, SrgbCurve.Encode, threads) : source;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private int Halo(double input, int output) => (int)Math.Ceiling(_kernel.Support * Math.Max(1, input / output));
}
