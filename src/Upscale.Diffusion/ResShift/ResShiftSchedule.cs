using System.Text.Json;
using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.ResShift;

/// <summary>
/// The Markov chain of residual shifting: x_t = (1 - eta_t) r + kappa sqrt(eta_t) noise, where r is the normalised residual between the
/// picture sought and the enlarged input (Z. Yue, J. Wang, C. C. Loy: "ResShift", NeurIPS 2023, with the residual in place of the picture).
/// </summary>
public sealed class ResShiftSchedule
{
    private readonly double[] _etas;

    /// <param name="kappa">Standard deviation of the noise at eta = 1.</param>
    /// <param name="sqrtEtas">Square roots of eta_1 .. eta_T, rising, over 0 and at most 1.</param>
    /// <param name="residualStd">Standard deviation of the residual: what a normalised residual is multiplied by.</param>
    public ResShiftSchedule(double kappa, IReadOnlyList<double> sqrtEtas, double residualStd)
    {
        ArgumentNullException.ThrowIfNull(sqrtEtas);
        _etas = [0, .. sqrtEtas.Select(e => e * e)];
        Kappa = kappa;
        ResidualStd = residualStd;
    }

    /// <summary>T, the number of the noisiest step.</summary>
    public int Steps => _etas.Length - 1;

    /// <summary>Standard deviation of the noise at eta = 1.</summary>
    public double Kappa { get; }

    /// <summary>What a normalised residual is multiplied by.</summary>
    public double ResidualStd { get; }

    /// <summary>True for a network that goes from the noisiest step to the result at once.</summary>
    public bool OneStep { get; init; }

    /// <summary>Recommended factor for all noise.</summary>
    public double NoiseTemperature { get; init; } = 1;

    /// <summary>The steps at which the network is called, from <paramref name="start"/> down to the last one.</summary>
    /// <param name="start">1 .. <see cref="Steps"/>.</param>
    public int[] Timesteps(int start) => OneStep ? [start] : [.. Enumerable.Range(1, start).Reverse()];

    /// <summary>Standard deviation of the noise in x_t.</summary>
    public double NoiseAt(int t) => Kappa * Math.Sqrt(_etas[t]);

    /// <summary>Share of the residual in x_t.</summary>
    public double ResidualAt(int t) => 1 - _etas[t];

    /// <summary>The factors of x_s = x * x_t + r0 * estimate + noise * noise.</summary>
    /// <param name="t">The step that the network was called at.</param>
    /// <param name="s">The step to go to, below <paramref name="t"/>; 0 for the result.</param>
    /// <param name="deterministic">True for the sampler without noise of SinSR (Y. Wang and others, CVPR 2024), false for the one of ResShift.</param>
    public (float X, float R0, float Noise) Step(int t, int s, bool deterministic)
    {
        double from = _etas[t];
        double to = _etas[s];
        if (deterministic)
        {
            double keep = Math.Sqrt(to / from);
            return ((float)keep, (float)(1 - to + Math.Sqrt(to * from) - keep), 0);
        }

        return ((float)(to / from), (float)((from - to) / from), (float)(Kappa * Math.Sqrt(to / from * (from - to))));
    }

    /// <summary>Reads scheduler/scheduler_config.json of a network's folder.</summary>
    /// <param name="card">Of a network with the class ResShiftScheduler.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    public static ResShiftSchedule Read(ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        string path = Path.Combine(Path.GetDirectoryName(card.Path)!, "scheduler", "scheduler_config.json");
        return ModelConfig.Read(path, root =>
        {
            var schedule = new ResShiftSchedule(
                root.GetProperty("kappa").GetDouble(),
                [.. root.GetProperty("sqrt_etas").EnumerateArray().Select(e => e.GetDouble())],
                root.GetProperty("residual_std").GetDouble())
            {
                OneStep = root.TryGetProperty("one_step", out JsonElement one) && one.GetBoolean(),
                NoiseTemperature = root.TryGetProperty("noise_temperature", out JsonElement temperature) ? temperature.GetDouble() : 1,
            };
            if (schedule.Steps < 1 || schedule._etas.Any(e => e is < 0 or > 1) || !schedule._etas.SequenceEqual(schedule._etas.Distinct().Order()))
                throw new FormatException("'sqrt_etas' do not rise from above 0 to 1 at most");
            return schedule;
        });
    }
}
