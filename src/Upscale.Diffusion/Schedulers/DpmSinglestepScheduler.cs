namespace Upscale.Diffusion;

/// <summary>
/// DPM-Solver++ in pairs of steps (Lu et al., "DPM-Solver++", 2022, algorithm 1; 2S): the first of a pair is of first order, the second goes
/// again from the start of the pair with both predictions.
/// </summary>
internal sealed class DpmSinglestepScheduler : SolverScheduler
{
    private readonly DpmAlgorithm _algorithm;
    private readonly bool _heun;
    private readonly int _order;
    private readonly bool _lowerOrderFinal;
    private readonly History _predictions = new(2);
    private float[]? _start;
    private float[]? _draw;

    public DpmSinglestepScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadUnscaled(config, BetaDefaults.Common), TimestepSpacing.Linspace, SolverFeatures.LambdaClip)
    {
        _algorithm = DpmSolver.ReadAlgorithm(config);
        _heun = DpmSolver.ReadHeun(config);
        _order = config.Integer("solver_order", 2, 1, 2);
        _lowerOrderFinal = config.Flag("lower_order_final", false);
        if (_algorithm == DpmAlgorithm.Noise && !EndsAtSmallestSigma)
            throw config.Invalid("final_sigmas_type", "is zero, where dpmsolver has no value", "sigma_min");
        if (_algorithm == DpmAlgorithm.Noise)
            config.Refuse("thresholding");
    }

    protected override void Forget() => _predictions.Clear();

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        Span<float> prediction = _predictions.Push(sample.Length);
        if (_algorithm == DpmAlgorithm.Noise)
            Noise(modelOutput, sample, prediction);
        else
            Clean(modelOutput, sample, prediction);

        bool second = IsSecond(Index) && _predictions.Count == 2;
        if (!second)
            sample.CopyTo(Keep(ref _start, sample.Length));
        Level now = LevelAt(Index);
        Level start = second ? LevelAt(Index - 1) : now;
        Level end = LevelAt(Index + 1);
        double h = end.Lambda - start.Lambda;
        DpmSolver step = DpmSolver.Step(_algorithm, _heun, (start.Alpha, end.Alpha), (start.Sigma, end.Sigma), h);
        ReadOnlySpan<float> first = second ? _predictions[1] : prediction;
        Linear.Combine(sample, step.Sample, _start, step.D0, first);
        if (second)
        {
            double weight = step.D1 * h / (now.Lambda - start.Lambda);
            Linear.Add(sample, weight, prediction);
            Linear.Add(sample, -weight, first);
        }

        if (_algorithm == DpmAlgorithm.CleanStochastic)
            AddDraw(sample, step.Draw, noise, ref _draw);
    }

    /// <summary>A run of an odd length, or one that ends at sigma 0, ends with a step of first order.</summary>
    private bool IsSecond(int index)
    {
        bool endsLow = _lowerOrderFinal || !EndsAtSmallestSigma || Plan.Length % 2 != 0;
        return _order == 2 && index % 2 == 1 && !(endsLow && index == Plan.Length - 1);
    }
}
