namespace Upscale.Diffusion;

/// <summary>
/// Luo et al., "Latent Consistency Models" (2023), algorithm 3: each answer is a clean picture, noised again for the next call; steps are
/// taken from the schedule that the network was distilled with.
/// </summary>
internal sealed class LcmScheduler : AlphaScheduler
{
    private const double DataVariance = 0.5 * 0.5;
    private readonly CleanLimit _limit;
    private readonly int _originalSteps;
    private readonly int _usedSteps;
    private readonly double _timestepScaling;
    private float[]? _clean;
    private float[]? _draw;

    public LcmScheduler(SchedulerConfig config, SchedulerOptions options)
        : base(config, NoiseSchedule.Read(config, BetaDefaults.NarrowScaled), Prediction.Read(config))
    {
        _limit = new CleanLimit(config, clipByDefault: false);
        _originalSteps = config.Integer("original_inference_steps", 50, 1, TrainingSteps);
        _usedSteps = options.LcmStrength is >= 0 and <= 1
            ? (int)(_originalSteps * options.LcmStrength)
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"A strength of {options.LcmStrength} is not possible: 0 to 1 is.");
        _timestepScaling = config.Number("timestep_scaling", 10);
    }

    protected override double[] Place(int steps)
    {
        if (steps > _usedSteps)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"{steps} steps are not possible with '{Config.Source}': at most {_usedSteps}, its original_inference_steps times the strength.");
        int stride = TrainingSteps / _originalSteps;
        return [.. Enumerable.Range(0, steps).Select(i => (double)((_usedSteps - (int)(i * ((double)_usedSteps / steps))) * stride) - 1)];
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        Span<float> clean = Keep(ref _clean, sample.Length);
        Clean(modelOutput, sample, AlphaBar(Plan[Index]), clean);
        _limit.Apply(clean);

        double time = Plan[Index] * _timestepScaling;
        double skip = DataVariance / ((time * time) + DataVariance);
        Linear.Combine(sample, skip, sample, time / Math.Sqrt((time * time) + DataVariance), clean);
        if (Index + 1 < Plan.Length)
        {
            double alphaBar = AlphaBar(Plan[Index + 1]);
            Linear.Scale(sample, Math.Sqrt(alphaBar), sample);
            AddDraw(sample, Math.Sqrt(1 - alphaBar), noise, ref _draw);
        }
    }
}
