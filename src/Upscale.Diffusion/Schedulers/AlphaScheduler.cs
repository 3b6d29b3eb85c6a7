namespace Upscale.Diffusion;

/// <summary>
/// Base of the samplers that look alphaBar up at whole timesteps: x = sqrt(alphaBar) x0 + sqrt(1 - alphaBar) noise. No sigmas, the
/// network sees the picture as it is.
/// </summary>
internal abstract class AlphaScheduler : SchedulerBase
{
    private readonly TimestepSpacing _spacing;
    private readonly int _offset;

    protected AlphaScheduler(SchedulerConfig config, NoiseSchedule schedule, PredictionType prediction)
        : base(config, schedule.Count)
    {
        Schedule = schedule;
        PredictionType = prediction;
        _spacing = Spacing.Read(config, TimestepSpacing.Leading);
        _offset = config.Integer("steps_offset", 0);
    }

    protected NoiseSchedule Schedule { get; }

    protected PredictionType PredictionType { get; }

    public override void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result)
        => Schedule.AddNoise(clean, noise, (int)Plan[PlanIndex(call)], result);

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        double[] timesteps = Place(steps);
        if (timesteps[0] >= Schedule.Count)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"{steps} steps are too many for '{Config.Source}': its steps_offset moves the first one beyond the end.");
        if (PredictionType == PredictionType.Epsilon && Schedule.AlphasCumprod[(int)timesteps[0]] == 0)
            throw Config.Invalid("prediction_type", "is epsilon, which says nothing of a picture that is all noise, as rescale_betas_zero_snr makes the first one", "sample, v_prediction");
        return (timesteps, []);
    }

    /// <summary>Whole timesteps, falling.</summary>
    protected virtual double[] Place(int steps) => Spacing.Timesteps(_spacing, TrainingSteps, steps, _offset, whole: true);

    /// <summary>alphaBar at a timestep of the run.</summary>
    protected double AlphaBar(double timestep) => Schedule.AlphasCumprod[(int)timestep];

    /// <summary>The clean picture that the network sees.</summary>
    protected void Clean(ReadOnlySpan<float> modelOutput, ReadOnlySpan<float> sample, double alphaBar, Span<float> result)
    {
        Weights weights = Prediction.Clean(PredictionType, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        Linear.Combine(result, weights.Sample, sample, weights.Output, modelOutput);
    }
}
