namespace Upscale.Diffusion;

/// <summary>What a caller chooses for a run and no config file holds.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Noise of DDIM's steps, 0 (none, the same picture every time) to 1 (as much as DDPM). Other samplers ignore it.</summary>
    public double Eta { get; init; }

    /// <summary>
    /// Shift of a flow-matching schedule by the size of the picture; required where the config says <c>use_dynamic_shifting</c>.
    /// </summary>
    public double? Mu { get; init; }

    /// <summary>
    /// Strength of LCM's own way, 0 to 1: all steps are made, spread over this part of the distillation schedule, from its clean end. Instead
    /// of the strength of <see cref="IScheduler.SetSteps"/>, which leaves steps out. Other samplers ignore it.
    /// </summary>
    public double LcmStrength { get; init; } = 1;
}
