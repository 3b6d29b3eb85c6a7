namespace Upscale.Diffusion;

/// <summary>
/// Base of the samplers in sigma space, x = x0 + sigma noise (Karras et al., "Elucidating the Design Space of Diffusion-Based Generative
/// Models", 2022): the network sees x / sqrt(sigma^2 + 1). Sigmas are interpolated at fractional timesteps.
/// </summary>
internal abstract class SigmaScheduler : SchedulerBase
{
    private readonly TimestepSpacing _spacing;
    private readonly int _offset;
    private readonly bool _karras;
    private readonly bool _exponential;
    private readonly bool _endsAtSmallestSigma;
    private readonly double[] _table;
    private double _highest;

    protected SigmaScheduler(SchedulerConfig config, NoiseSchedule schedule, PredictionType prediction, SigmaFeatures features)
        : base(config, schedule.Count)
    {
        PredictionType = prediction;
        _table = schedule.Sigmas();
        LogSigmas = Array.ConvertAll(_table, Math.Log);
        _spacing = Spacing.Read(config, TimestepSpacing.Linspace);
        _offset = config.Integer("steps_offset", 0);
        if (features.HasFlag(SigmaFeatures.Respacing))
            (_karras, _exponential) = Spacing.ReadRespacing(config);
        if (features.HasFlag(SigmaFeatures.FinalSigma))
            _endsAtSmallestSigma = config.Choice("final_sigmas_type", false, ("zero", false), ("sigma_min", true));
    }

    public override double InitNoiseSigma => _spacing == TimestepSpacing.Leading ? Math.Sqrt((_highest * _highest) + 1) : _highest;

    protected PredictionType PredictionType { get; }

    protected double[] LogSigmas { get; }

    protected bool KarrasSigmas => _karras;

    /// <summary>Sigma of the picture that the network sees at the current call.</summary>
    protected virtual double InputSigma => PlanSigmas[Index];

    public override void ScaleModelInput(ReadOnlySpan<float> sample, Span<float> result)
    {
        double sigma = InputSigma;
        Linear.Scale(result, 1 / Math.Sqrt((sigma * sigma) + 1), sample);
    }

    public override void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result)
        => Linear.Combine(result, 1, clean, PlanSigmas[PlanIndex(call)], noise);

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        double[] timesteps = Spacing.Timesteps(_spacing, TrainingSteps, steps, _offset, whole: false);
        double[] sigmas = Spacing.Interpolate(_table, timesteps);
        if (_karras || _exponential)
        {
            sigmas = _karras ? Spacing.Karras(sigmas[0], sigmas[^1], steps) : Spacing.Exponential(sigmas[0], sigmas[^1], steps);
            timesteps = Array.ConvertAll(sigmas, s => Spacing.TimestepOf(LogSigmas, s));
        }

        _highest = sigmas[0];
        return (timesteps, [.. sigmas, _endsAtSmallestSigma ? _table[0] : 0]);
    }

    /// <summary>
    /// The straight line from x over the clean picture that the network sees to the next sigma:
    /// x + (x - x0) / sigma * (next - sigma).
    /// </summary>
    /// <returns>Weights of x and of the network's answer.</returns>
    protected Weights EulerStep(double sigma, double next)
    {
        Weights clean = Prediction.CleanOfSigma(PredictionType, sigma);
        double kept = next / sigma;
        return new(kept + ((1 - kept) * clean.Sample), (1 - kept) * clean.Output);
    }

    /// <summary>
    /// Where an ancestral step goes and how much noise it adds to come out at the next sigma
    /// (k-diffusion, <c>get_ancestral_step</c>, eta = 1).
    /// </summary>
    protected static (double Down, double Up) AncestralStep(double sigma, double next)
    {
        double up = Math.Sqrt(Math.Max(next * next * ((sigma * sigma) - (next * next)) / (sigma * sigma), 0));
        return (Math.Sqrt(Math.Max((next * next) - (up * up), 0)), up);
    }
}
