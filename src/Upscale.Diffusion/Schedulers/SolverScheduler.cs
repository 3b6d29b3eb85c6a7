namespace Upscale.Diffusion;

/// <summary>
/// Base of the solvers in lambda = log(alpha / sigma), x = alpha x0 + sigma noise with alpha^2 + sigma^2 = 1 (Lu et al., "DPM-Solver", 2022).
/// Their <see cref="IScheduler.Sigmas"/> are sigma / alpha; the network sees the picture as it is.
/// </summary>
internal abstract class SolverScheduler : SchedulerBase
{
    private readonly PredictionType _prediction;
    private readonly CleanLimit _limit;
    private readonly TimestepSpacing _spacing;
    private readonly int _offset;
    private readonly bool _karras;
    private readonly bool _exponential;
    private readonly bool _cosine;
    private readonly int _usedSteps;
    private readonly double[] _table;

    /// <param name="config">Of any class.</param>
    /// <param name="schedule">With finite sigmas.</param>
    /// <param name="spacing">Null: read from the config.</param>
    /// <param name="features">Which of the optional keys the class knows.</param>
    protected SolverScheduler(SchedulerConfig config, NoiseSchedule schedule, TimestepSpacing? spacing, SolverFeatures features)
        : base(config, schedule.Count)
    {
        config.Refuse("use_dynamic_shifting", "shift_terminal");
        _prediction = Prediction.Read(config);
        _limit = new CleanLimit(config, clipByDefault: null);
        _spacing = spacing ?? Spacing.Read(config, TimestepSpacing.Linspace);
        _offset = config.Integer("steps_offset", 0);
        (_karras, _exponential) = Spacing.ReadRespacing(config);
        _cosine = features.HasFlag(SolverFeatures.UnroundedCosine) && NoiseSchedule.ReadCurve(config, BetaCurve.Linear) == BetaCurve.Cosine;
        EndsAtSmallestSigma = config.Choice("final_sigmas_type", false, ("zero", false), ("sigma_min", true));
        _table = schedule.Sigmas();
        double lowestLambda = features.HasFlag(SolverFeatures.LambdaClip)
            ? config.Number("lambda_min_clipped", double.NegativeInfinity)
            : double.NegativeInfinity;
        _usedSteps = _table.Count(s => -Math.Log(s) >= lowestLambda);
    }

    protected bool EndsAtSmallestSigma { get; }

    public override void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result)
    {
        Level level = LevelAt(PlanIndex(call));
        Linear.Combine(result, level.Alpha, clean, level.Sigma, noise);
    }

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        double[] timesteps = Spacing.SolverTimesteps(_spacing, TrainingSteps, _usedSteps, steps, _offset);
        double[] sigmas;
        if (_karras || _exponential)
        {
            sigmas = _karras ? Spacing.Karras(_table[^1], _table[0], steps) : Spacing.Exponential(_table[^1], _table[0], steps);
            double[] logs = Array.ConvertAll(_table, Math.Log);

            // Where diffusers does not round it cuts off; what is whole but for rounding errors stays.
            timesteps = Array.ConvertAll(sigmas, s => _karras && !_cosine
                ? Math.Round(Spacing.TimestepOf(logs, s))
                : Math.Floor(Spacing.TimestepOf(logs, s) + 1e-6));
        }
        else
        {
            sigmas = Spacing.Interpolate(_table, timesteps);
        }

        return (timesteps, [.. sigmas, EndsAtSmallestSigma ? _table[0] : 0]);
    }

    /// <summary>alpha, sigma and lambda at a place of the plan; lambda is infinite at sigma 0.</summary>
    protected Level LevelAt(int index)
    {
        double ratio = PlanSigmas[index];
        double alpha = 1 / Math.Sqrt((ratio * ratio) + 1);
        return new(alpha, ratio * alpha, -Math.Log(ratio));
    }

    /// <summary>The clean picture that the network sees, kept in range as the config asks for.</summary>
    protected void Clean(ReadOnlySpan<float> modelOutput, ReadOnlySpan<float> sample, Span<float> result)
    {
        Level level = LevelAt(Index);
        Weights weights = Prediction.Clean(_prediction, level.Alpha, level.Sigma);
        Linear.Combine(result, weights.Sample, sample, weights.Output, modelOutput);
        _limit.Apply(result);
    }

    /// <summary>The noise that the network sees.</summary>
    protected void Noise(ReadOnlySpan<float> modelOutput, ReadOnlySpan<float> sample, Span<float> result)
    {
        Level level = LevelAt(Index);
        Weights weights = Prediction.Noise(_prediction, level.Alpha, level.Sigma);
        Linear.Combine(result, weights.Sample, sample, weights.Output, modelOutput);
    }

    /// <summary>A place on the way.</summary>
    protected readonly record struct Level(double Alpha, double Sigma, double Lambda);
}
