namespace Upscale.Interpolation;

/// <summary>Resizes a picture by interpolation.</summary>
internal sealed class InterpolationStage : IStage
{
    private readonly Kernel _kernel;
    private readonly Func<ImageShape, ImageShape?> _size;
    private readonly bool _linearLight;
    private readonly IStageServices _services;
    private ResamplePlan? _plan;

    /// <param name="kernel">The filter.</param>
    /// <param name="size">The wanted size for what comes in; null when none is wanted.</param>
    /// <param name="linearLight">Whether light is mixed instead of encoded values.</param>
    /// <param name="services">Told about progress.</param>
    public InterpolationStage(Kernel kernel, Func<ImageShape, ImageShape?> size, bool linearLight, IStageServices services)
    {
        _kernel = kernel;
        _size = size;
        _linearLight = linearLight && kernel != Kernel.Nearest;
        _services = services;
    }

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ImageShape output = _size(input)
            ?? throw new UpscaleException(UpscaleErrorId.OptionInvalid, "The interpolation stage was given no size. Set scale, width or height.");
        _plan = new ResamplePlan(input, output, _kernel);
        return ValueTask.FromResult(new StagePlan
        {
            Output = _plan.Output,
            Halo = Math.Max(Halo(input.Width, _plan.Output.Width), Halo(input.Height, _plan.Output.Height)),
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

    private int Halo(int input, int output) => (int)Math.Ceiling(_kernel.Support * Math.Max(1, (double)input / output));
}
