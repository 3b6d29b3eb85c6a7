namespace Upscale.Diffusion;

/// <summary>
/// How much noise a network was trained with at each training step t (0 = least): a picture x becomes
/// sqrt(alphaBar[t]) x + sqrt(1 - alphaBar[t]) noise (Ho et al., "Denoising Diffusion Probabilistic Models", 2020, eq. 4).
/// </summary>
public sealed class NoiseSchedule
{
    private readonly double[] _alphasCumprod;

    private NoiseSchedule(double[] alphasCumprod) => _alphasCumprod = alphasCumprod;

    /// <summary>Number of training steps.</summary>
    public int Count => _alphasCumprod.Length;

    /// <summary>alphaBar: the product of 1 - beta up to each training step, falling from near 1 to near 0.</summary>
    public IReadOnlyList<double> AlphasCumprod => _alphasCumprod;

    /// <summary>
    /// From <c>num_train_timesteps</c>, <c>beta_start</c>, <c>beta_end</c>, <c>beta_schedule</c> (linear, scaled_linear,
    /// squaredcos_cap_v2), <c>trained_betas</c> and <c>rescale_betas_zero_snr</c>; what is absent as in DDPM.
    /// </summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: a value that is not known.</exception>
    public static NoiseSchedule Read(SchedulerConfig config) => Read(config, BetaDefaults.Common);

    /// <summary>The picture with the noise of a training step.</summary>
    /// <param name="clean">A picture without noise.</param>
    /// <param name="noise">Normal noise of standard deviation 1.</param>
    /// <param name="timestep">0 to <see cref="Count"/> - 1.</param>
    /// <param name="result">As long as both; may be the memory of either.</param>
    public void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int timestep, Span<float> result)
    {
        double alphaBar = _alphasCumprod[timestep];
        Linear.Combine(result, Math.Sqrt(alphaBar), clean, Math.Sqrt(1 - alphaBar), noise);
    }

    /// <summary>For a class with other defaults.</summary>
    internal static NoiseSchedule Read(SchedulerConfig config, BetaDefaults defaults)
    {
        double[] alphas = Cumprod(ReadBetas(config, defaults));
        if (config.Flag("rescale_betas_zero_snr", false))
        {
            // Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (2023), algorithm 1.
            double first = Math.Sqrt(alphas[0]);
            double last = Math.Sqrt(alphas[^1]);
            for (int t = 0; t < alphas.Length; t++)
            {
                double root = (Math.Sqrt(alphas[t]) - last) * first / (first - last);
                alphas[t] = root * root;
            }
        }

        return new NoiseSchedule(alphas);
    }

    /// <summary>For a class that does not know <c>rescale_betas_zero_snr</c>.</summary>
    internal static NoiseSchedule ReadUnscaled(SchedulerConfig config, BetaDefaults defaults) => new(Cumprod(ReadBetas(config, defaults)));

    /// <summary>
    /// As <see cref="Read(SchedulerConfig)"/>, but a schedule that was rescaled to end at 0 ends at 2^-24 instead, as in diffusers: its last
    /// sigma is finite.
    /// </summary>
    internal static NoiseSchedule ReadFinite(SchedulerConfig config)
    {
        NoiseSchedule schedule = Read(config);
        if (config.Flag("rescale_betas_zero_snr", false))
            schedule._alphasCumprod[^1] = Math.ScaleB(1, -24);
        return schedule;
    }

    /// <summary>sqrt((1 - alphaBar) / alphaBar) for every training step, rising.</summary>
    internal double[] Sigmas() => Array.ConvertAll(_alphasCumprod, a => Math.Sqrt((1 - a) / a));

    private static double[] ReadBetas(SchedulerConfig config, BetaDefaults defaults)
    {
        if (config.Numbers("trained_betas") is { Length: > 0 } trained)
            return trained;
        int count = config.Integer("num_train_timesteps", 1000, 2, 1_000_000);
        double start = config.Number("beta_start", defaults.Start);
        double end = config.Number("beta_end", defaults.End);
        switch (ReadCurve(config, defaults.Curve))
        {
            case BetaCurve.Linear:
                return Spacing.Linspace(start, end, count);
            case BetaCurve.ScaledLinear:
                return Array.ConvertAll(Spacing.Linspace(Math.Sqrt(start), Math.Sqrt(end), count), b => b * b);
            default:
                // Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models" (2021), eq. 17.
                double[] bars = [.. Enumerable.Range(0, count + 1).Select(i => CosineBar((double)i / count))];
                return [.. Enumerable.Range(0, count).Select(i => Math.Min(1 - (bars[i + 1] / bars[i]), 0.999))];
        }
    }

    /// <summary>The key <c>beta_schedule</c>.</summary>
    internal static BetaCurve ReadCurve(SchedulerConfig config, BetaCurve fallback) => config.Choice(
        "beta_schedule",
        fallback,
        ("linear", BetaCurve.Linear),
        ("scaled_linear", BetaCurve.ScaledLinear),
        ("squaredcos_cap_v2", BetaCurve.Cosine));

    private static double CosineBar(double part)
    {
        double cosine = Math.Cos((part + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    private static double[] Cumprod(double[] betas)
    {
        var result = new double[betas.Length];
        double product = 1;

        // Networks are sampled with tables in float32 everywhere; 1 - beta so rounded changes the smallest sigma by 1e-5 of itself.
        for (int i = 0; i < betas.Length; i++)
            result[i] = (float)(product *= 1 - (float)betas[i]);
        return result;
    }
}
