namespace Upscale.Diffusion;

/// <summary>
/// Ho et al., "Denoising Diffusion Probabilistic Models" (2020), eq. 7. The step before t is the next timestep of the run; at t = 0 no
/// noise is added.
/// </summary>
internal sealed class DdpmScheduler : AlphaScheduler
{
    private readonly CleanLimit _limit;
    private readonly bool _largeVariance;
    private float[]? _clean;
    private float[]? _draw;

    public DdpmScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.Read(config), Prediction.Read(config))
    {
        _limit = new CleanLimit(config, clipByDefault: true);
        _largeVariance = config.Choice("variance_type", false, ("fixed_small", false), ("fixed_small_log", false), ("fixed_large", true));
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        double timestep = Plan[Index];
        double alphaBar = AlphaBar(timestep);
        double alphaBarBefore = Index + 1 < Plan.Length ? AlphaBar(Plan[Index + 1]) : 1;
        double alpha = alphaBar / alphaBarBefore;

        Span<float> clean = Keep(ref _clean, sample.Length);
        Clean(modelOutput, sample, alphaBar, clean);
        _limit.Apply(clean);

        double cleanWeight = Math.Sqrt(alphaBarBefore) * (1 - alpha) / (1 - alphaBar);
        double sampleWeight = Math.Sqrt(alpha) * (1 - alphaBarBefore) / (1 - alphaBar);
        Linear.Combine(sample, sampleWeight, sample, cleanWeight, clean);
        if (timestep > 0)
        {
            double variance = _largeVariance ? 1 - alpha : Math.Max((1 - alphaBarBefore) / (1 - alphaBar) * (1 - alpha), 1e-20);
            AddDraw(sample, Math.Sqrt(variance), noise, ref _draw);
        }
    }
}
