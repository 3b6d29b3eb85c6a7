namespace Upscale.Diffusion;

/// <summary>
/// DPM-Solver-2 in sigma space (k-diffusion, <c>sample_dpm_2</c> and <c>sample_dpm_2_ancestral</c>): a step to the geometric middle of two
/// sigmas, then the whole step with the slope found there. The ancestral form goes too far down and adds noise in the second call.
/// </summary>
internal sealed class Kdpm2Scheduler(SchedulerConfig config, bool ancestral)
    : SigmaScheduler(config, NoiseSchedule.ReadUnscaled(config, BetaDefaults.Narrow), Prediction.ReadWithoutSample(config), SigmaFeatures.Respacing)
{
    private double[] _targets = [];
    private double[] _added = [];
    private double[] _middles = [];
    private float[]? _start;
    private float[]? _draw;

    public override int Order => 2;

    protected override double InputSigma => Index % 2 == 0 ? PlanSigmas[Index] : _middles[Index / 2];

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        (double[] timesteps, double[] sigmas) = base.MakePlan(steps);
        if (KarrasSigmas)
            timesteps = Array.ConvertAll(timesteps, Math.Round);
        _targets = sigmas[1..];
        _added = new double[steps];
        _middles = new double[steps];
        for (int k = 0; k < steps; k++)
        {
            if (ancestral)
                (_targets[k], _added[k]) = AncestralStep(sigmas[k], sigmas[k + 1]);
            _middles[k] = Math.Sqrt(sigmas[k] * _targets[k]);
        }

        double[] between = Array.ConvertAll(_middles, m => Spacing.TimestepOf(LogSigmas, m));
        return (
            [timesteps[0], .. timesteps[1..].SelectMany((t, k) => (double[])[between[k], t])],
            [sigmas[0], .. sigmas[1..].SelectMany(s => (double[])[s, s]), sigmas[^1]]);
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        int step = Index / 2;
        double middle = _middles[step];
        if (Index % 2 == 0)
        {
            sample.CopyTo(Keep(ref _start, sample.Length));
            Weights half = EulerStep(PlanSigmas[Index], middle);
            Linear.Combine(sample, half.Sample, sample, half.Output, modelOutput);
            return;
        }

        Weights clean = Prediction.CleanOfSigma(PredictionType, middle);
        double length = (_targets[step] - PlanSigmas[Index - 1]) / middle;
        Linear.Combine(sample, length * (1 - clean.Sample), sample, -length * clean.Output, modelOutput);
        Linear.Add(sample, 1, _start);
        if (ancestral)
            AddDraw(sample, _added[step], noise, ref _draw);
    }
}
