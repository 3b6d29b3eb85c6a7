namespace Upscale.Diffusion;

/// <summary>
/// Rectified flow, x = (1 - sigma) x0 + sigma noise, the network answers noise - x0 (Esser et al., "Scaling Rectified Flow Transformers for
/// High-Resolution Image Synthesis", 2024): straight steps over shifted sigmas.
/// </summary>
internal sealed class FlowMatchEulerScheduler : SchedulerBase
{
    private readonly double _shift;
    private readonly double? _mu;

    public FlowMatchEulerScheduler(SchedulerConfig config, SchedulerOptions options)
        : base(config, config.Integer("num_train_timesteps", 1000, 2, 1_000_000))
    {
        config.Refuse("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "invert_sigmas", "shift_terminal", "stochastic_sampling");
        config.Choice("time_shift_type", 0, ("exponential", 0));
        _shift = config.Number("shift", 1);
        if (config.Flag("use_dynamic_shifting", false))
            _mu = options.Mu ?? throw config.Invalid("use_dynamic_shifting", "is true, but no mu was given for the size of the picture", "false");
    }

    public override void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result)
    {
        double sigma = PlanSigmas[PlanIndex(call)];
        Linear.Combine(result, 1 - sigma, clean, sigma, noise);
    }

    protected override (double[] Timesteps, double[] Sigmas) MakePlan(int steps)
    {
        double[] sigmas;
        if (_mu is { } mu)
        {
            double odds = Math.Exp(mu);
            sigmas = Array.ConvertAll(Spacing.Linspace(1, 1.0 / steps, steps), s => odds / (odds + ((1 / s) - 1)));
        }
        else
        {
            // The ends of the training schedule are shifted already and are shifted again here, as in diffusers.
            sigmas = Array.ConvertAll(Spacing.Linspace(Shift(1), Shift(1.0 / TrainingSteps), steps), Shift);
        }

        return (Array.ConvertAll(sigmas, s => s * TrainingSteps), [.. sigmas, 0]);
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
        => Linear.Add(sample, PlanSigmas[Index + 1] - PlanSigmas[Index], modelOutput);

    private double Shift(double sigma) => _shift * sigma / (1 + ((_shift - 1) * sigma));
}
