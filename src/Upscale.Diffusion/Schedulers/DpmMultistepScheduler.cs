namespace Upscale.Diffusion;

/// <summary>
/// DPM-Solver++ with the predictions of earlier steps (Lu et al., "DPM-Solver++", 2022, algorithm 2): 2M, 3M, their stochastic form and the
/// older DPM-Solver. The first steps of a run, and the last ones of a short run, are of lower order.
/// </summary>
internal sealed class DpmMultistepScheduler : SolverScheduler
{
    private const int ShortRun = 15;
    private readonly DpmAlgorithm _algorithm;
    private readonly bool _heun;
    private readonly int _order;
    private readonly bool _lowerOrderFinal;
    private readonly bool _eulerAtFinal;
    private readonly History _predictions;
    private float[]? _draw;

    public DpmMultistepScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadFinite(config), spacing: null, SolverFeatures.LambdaClip | SolverFeatures.UnroundedCosine)
    {
        _algorithm = DpmSolver.ReadAlgorithm(config);
        _heun = DpmSolver.ReadHeun(config);
        _order = config.Integer("solver_order", 2, 1, 3);
        _lowerOrderFinal = config.Flag("lower_order_final", true);
        _eulerAtFinal = config.Flag("euler_at_final", false);
        _predictions = new History(_order);
        if (_algorithm == DpmAlgorithm.Noise && !EndsAtSmallestSigma)
            throw config.Invalid("final_sigmas_type", "is zero, where dpmsolver has no value", "sigma_min");
        if (_algorithm == DpmAlgorithm.Noise)
            config.Refuse("thresholding");
    }

    protected override void Forget() => _predictions.Clear();

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        int left = Plan.Length - 1 - Index;
        int known = _predictions.Count;
        Span<float> prediction = _predictions.Push(sample.Length);
        if (_algorithm == DpmAlgorithm.Noise)
            Noise(modelOutput, sample, prediction);
        else
            Clean(modelOutput, sample, prediction);

        bool shortRun = _lowerOrderFinal && Plan.Length < ShortRun;
        int order = Math.Min(_order, known + 1);
        if (left == 0 && (_eulerAtFinal || shortRun || !EndsAtSmallestSigma))
            order = 1;
        else if (left == 1 && shortRun)
            order = Math.Min(order, 2);

        Level start = LevelAt(Index);
        Level end = LevelAt(Index + 1);
        double h = end.Lambda - start.Lambda;
        DpmSolver step = DpmSolver.Step(_algorithm, _heun || order == 3, (start.Alpha, end.Alpha), (start.Sigma, end.Sigma), h);
        Linear.Combine(sample, step.Sample, sample, step.D0, prediction);
        if (order >= 2)
        {
            Level earlier = LevelAt(Index - 1);
            double r0 = (start.Lambda - earlier.Lambda) / h;
            double newer = step.D1;
            if (order == 3)
            {
                double r1 = (earlier.Lambda - LevelAt(Index - 2).Lambda) / h;
                double curvature = ((step.D1 * r0) + step.D2) / (r0 + r1);
                newer += curvature;
                AddDifference(sample, -curvature / r1, _predictions[1], _predictions[2]);
            }

            AddDifference(sample, newer / r0, prediction, _predictions[1]);
        }

        if (_algorithm == DpmAlgorithm.CleanStochastic)
            AddDraw(sample, step.Draw, noise, ref _draw);
    }

    private static void AddDifference(Span<float> sample, double weight, ReadOnlySpan<float> newer, ReadOnlySpan<float> older)
    {
        Linear.Add(sample, weight, newer);
        Linear.Add(sample, -weight, older);
    }
}
