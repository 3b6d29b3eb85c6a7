namespace Upscale.Diffusion;

/// <summary>What a DPM solver integrates.</summary>
internal enum DpmAlgorithm
{
    /// <summary>The noise (Lu et al., "DPM-Solver", 2022).</summary>
    Noise,

    /// <summary>The clean picture (Lu et al., "DPM-Solver++", 2022).</summary>
    Clean,

    /// <summary>The clean picture, with noise added in every step.</summary>
    CleanStochastic,
}

/// <summary>
/// The update formulas of DPM-Solver and DPM-Solver++ as weights of what they add up:
/// x' = Sample x + D0 d0 + D1 d1 + D2 d2 + Draw noise, with d0 a prediction, d1 and d2 its first and second differences.
/// </summary>
internal readonly record struct DpmSolver(double Sample, double D0, double D1, double D2, double Draw)
{
    /// <summary>The key <c>algorithm_type</c>; <c>deis</c>, from the config of another class, reads as the default.</summary>
    public static DpmAlgorithm ReadAlgorithm(SchedulerConfig config) => config.Choice(
        "algorithm_type",
        DpmAlgorithm.Clean,
        ("dpmsolver++", DpmAlgorithm.Clean),
        ("sde-dpmsolver++", DpmAlgorithm.CleanStochastic),
        ("dpmsolver", DpmAlgorithm.Noise),
        ("deis", DpmAlgorithm.Clean));

    /// <summary>The key <c>solver_type</c>: true for heun; the types of other classes read as midpoint, the default.</summary>
    public static bool ReadHeun(SchedulerConfig config)
        => config.Choice("solver_type", false, ("midpoint", false), ("heun", true), ("logrho", false), ("bh1", false), ("bh2", false));

    /// <summary>Lu et al., "DPM-Solver++" (2022), table 1 and appendix B.</summary>
    /// <param name="algorithm">What d0 predicts.</param>
    /// <param name="heun">Second order by Taylor expansion, which the third order always has, instead of the midpoint.</param>
    /// <param name="alpha">At the start and at the end of the step.</param>
    /// <param name="sigma">At the start and at the end of the step.</param>
    /// <param name="h">Difference of lambda over the step; infinite for a first-order step to sigma 0.</param>
    public static DpmSolver Step(DpmAlgorithm algorithm, bool heun, (double Start, double End) alpha, (double Start, double End) sigma, double h)
    {
        switch (algorithm)
        {
            case DpmAlgorithm.Clean:
                double fall = Math.Exp(-h) - 1;
                return new(
                    sigma.End / sigma.Start,
                    -alpha.End * fall,
                    heun ? alpha.End * ((fall / h) + 1) : -0.5 * alpha.End * fall,
                    -alpha.End * (((fall + h) / (h * h)) - 0.5),
                    0);
            case DpmAlgorithm.CleanStochastic:
                double gain = 1 - Math.Exp(-2 * h);
                return new(
                    sigma.End / sigma.Start * Math.Exp(-h),
                    alpha.End * gain,
                    heun ? alpha.End * ((gain / (-2 * h)) + 1) : 0.5 * alpha.End * gain,
                    alpha.End * (((gain - (2 * h)) / (4 * h * h)) - 0.5),
                    sigma.End * Math.Sqrt(gain));
            default:
                double rise = Math.Exp(h) - 1;
                return new(
                    alpha.End / alpha.Start,
                    -sigma.End * rise,
                    heun ? -sigma.End * ((rise / h) - 1) : -0.5 * sigma.End * rise,
                    -sigma.End * (((rise - h) / (h * h)) - 0.5),
                    0);
        }
    }
}
