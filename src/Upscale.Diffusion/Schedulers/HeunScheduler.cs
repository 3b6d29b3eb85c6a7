namespace Upscale.Diffusion;

/// <summary>
/// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), algorithm 2 without churn: an Euler step, then
/// the same step with the mean of the slopes at both ends. The last step is Euler's alone.
/// </summary>
internal sealed class HeunScheduler : SigmaScheduler
{
    private readonly CleanLimit _limit;
    private float[]? _start;
    private float[]? _slope;
    private float[]? _clean;

    public HeunScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadUnscaled(config, BetaDefaults.Narrow), Prediction.Read(config), SigmaFeatures.Respacing)
        => _limit = new CleanLimit(config.With("thresholding", false), clipByDefault: false);

    public override int Order => 2;

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        (double[] timesteps, double[] sigmas) = base.MakePlan(steps);
        return (
            [timesteps[0], .. timesteps[1..].SelectMany(t => (double[])[t, t])],
            [sigmas[0], .. sigmas[1..^1].SelectMany(s => (double[])[s, s]), sigmas[^1]]);
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        bool first = Index % 2 == 0;
        double sigma = PlanSigmas[first ? Index : Index - 1];
        double next = PlanSigmas[first ? Index + 1 : Index];
        double seen = first ? sigma : next;

        Span<float> clean = Keep(ref _clean, sample.Length);
        Weights weights = Prediction.CleanOfSigma(PredictionType, seen);
        Linear.Combine(clean, weights.Sample, sample, weights.Output, modelOutput);
        _limit.Apply(clean);

        Span<float> slope = Keep(ref _slope, sample.Length);
        Span<float> start = Keep(ref _start, sample.Length);
        if (first)
        {
            Linear.Combine(slope, 1 / seen, sample, -1 / seen, clean);
            sample.CopyTo(start);
            Linear.Add(sample, next - sigma, slope);
        }
        else
        {
            Linear.Combine(sample, 1 / seen, sample, -1 / seen, clean);
            Linear.Add(sample, 1, slope);
            Linear.Combine(sample, 1, start, (next - sigma) / 2, sample);
        }
    }
}
