namespace Upscale.Diffusion;

/// <summary>Places of steps in the training steps, and the sigmas there.</summary>
internal static class Spacing
{
    private const double Rho = 7;

    /// <summary>The key <c>timestep_spacing</c>.</summary>
    public static TimestepSpacing Read(SchedulerConfig config, TimestepSpacing fallback) => config.Choice(
        "timestep_spacing",
        fallback,
        ("linspace", TimestepSpacing.Linspace),
        ("leading", TimestepSpacing.Leading),
        ("trailing", TimestepSpacing.Trailing));

    /// <summary>The keys <c>use_karras_sigmas</c> and <c>use_exponential_sigmas</c>; refuses other ways of spacing sigmas.</summary>
    public static (bool Karras, bool Exponential) ReadRespacing(SchedulerConfig config)
    {
        config.Refuse("use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas", "sigma_min", "sigma_max");
        bool karras = config.Flag("use_karras_sigmas", false);
        bool exponential = config.Flag("use_exponential_sigmas", false);
        return karras && exponential
            ? throw config.Invalid("use_exponential_sigmas", "is true beside use_karras_sigmas", "one of both")
            : (karras, exponential);
    }

    /// <summary>Evenly spaced numbers, both ends included; one number is the start.</summary>
    public static double[] Linspace(double start, double end, int count)
    {
        double step = (end - start) / Math.Max(count - 1, 1);
        var result = new double[count];
        for (int i = 0; i < count; i++)
            result[i] = i > 0 && i == count - 1 ? end : start + (i * step);
        return result;
    }

    /// <summary>The spaced training steps, falling. Only linspace gives fractions, and not when <paramref name="whole"/>.</summary>
    public static double[] Timesteps(TimestepSpacing spacing, int training, int steps, int offset, bool whole)
    {
        switch (spacing)
        {
            case TimestepSpacing.Linspace:
                double[] even = Linspace(0, training - 1, steps);
                Array.Reverse(even);
                return whole ? Array.ConvertAll(even, Math.Round) : even;
            case TimestepSpacing.Leading:
                int ratio = training / steps;
                return [.. Enumerable.Range(0, steps).Select(i => ((double)(steps - 1 - i) * ratio) + offset)];
            default:
                return Trailing(training, training, steps);
        }
    }

    /// <summary>The same for the DPM solvers and UniPC, which place one step more and leave out the smallest.</summary>
    /// <param name="spacing">How.</param>
    /// <param name="training">Number of training steps.</param>
    /// <param name="last">Number of those that are used; fewer when the noisiest are cut off.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="offset">Added for leading spacing.</param>
    public static double[] SolverTimesteps(TimestepSpacing spacing, int training, int last, int steps, int offset)
        => spacing switch
        {
            TimestepSpacing.Trailing => Trailing(training, last, steps),
            TimestepSpacing.Leading => Timesteps(spacing, last, steps + 1, offset, true)[..^1],
            _ => Timesteps(spacing, last, steps + 1, 0, true)[..^1],
        };

    /// <summary>Values of a table at fractional places.</summary>
    public static double[] Interpolate(double[] table, double[] places) => Array.ConvertAll(places, place =>
    {
        int low = Math.Clamp((int)place, 0, table.Length - 2);
        double part = Math.Clamp(place - low, 0, 1);
        return (table[low] * (1 - part)) + (table[low + 1] * part);
    });

    /// <summary>Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), eq. 5, rho = 7.</summary>
    public static double[] Karras(double highest, double lowest, int count)
        => Array.ConvertAll(Linspace(Math.Pow(highest, 1 / Rho), Math.Pow(lowest, 1 / Rho), count), root => Math.Pow(root, Rho));

    /// <summary>Sigmas evenly spaced in their logarithm.</summary>
    public static double[] Exponential(double highest, double lowest, int count)
        => Array.ConvertAll(Linspace(Math.Log(highest), Math.Log(lowest), count), Math.Exp);

    /// <summary>The fractional training step of a sigma, by linear interpolation in log sigma, kept inside the table.</summary>
    public static double TimestepOf(double[] logSigmas, double sigma)
    {
        double wanted = Math.Log(Math.Max(sigma, 1e-10));
        int above = Array.FindIndex(logSigmas, value => value > wanted);
        int low = Math.Clamp(above < 0 ? logSigmas.Length - 2 : above - 1, 0, logSigmas.Length - 2);
        return low + Math.Clamp((logSigmas[low] - wanted) / (logSigmas[low] - logSigmas[low + 1]), 0, 1);
    }

    private static double[] Trailing(int training, int last, int steps)
        => [.. Enumerable.Range(0, steps).Select(i => Math.Round(last - (i * ((double)training / steps))) - 1)];
}
