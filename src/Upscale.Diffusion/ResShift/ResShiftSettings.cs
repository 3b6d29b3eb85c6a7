namespace Upscale.Diffusion.ResShift;

/// <summary>What one run of a sampler does.</summary>
public sealed record ResShiftSettings
{
    /// <summary>The chain.</summary>
    public required ResShiftSchedule Schedule { get; init; }

    /// <summary>Pixels of the state for each pixel of the condition along a side: 4 in pixel space, 1 in latent space.</summary>
    public required int Factor { get; init; }

    /// <summary>Planes of the condition and of the state.</summary>
    public required int Channels { get; init; }

    /// <summary>True for the sampler that adds no noise on the way.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Factor for all noise, 0..1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// The step to begin at with a given picture, whose residual is made noisy; null to begin with noise alone at the last step of the chain.
    /// </summary>
    public int? PictureStep { get; init; }

    /// <summary>Added to the step of the noise, so that two runs on one picture differ.</summary>
    public int NoiseOffset { get; init; }

    /// <summary>The settings of an enlargement as the options <c>sampler</c> and <c>temperature</c> say.</summary>
    /// <param name="options">Of the stage.</param>
    /// <param name="schedule">The chain.</param>
    /// <param name="factor">See <see cref="Factor"/>.</param>
    /// <param name="channels">See <see cref="Channels"/>.</param>
    /// <param name="pass">Number of the enlargement, from 0, in a row of them.</param>
    public static ResShiftSettings Read(StageOptions options, ResShiftSchedule schedule, int factor, int channels, int pass)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(schedule);
        return new ResShiftSettings
        {
            Schedule = schedule,
            Factor = factor,
            Channels = channels,
            Deterministic = options.GetString("sampler") == "deterministic",
            Temperature = options.GetNumber("temperature") ?? schedule.NoiseTemperature,

            // A pass uses one field of noise to begin with and one a step.
            NoiseOffset = pass * (schedule.Steps + 1),
        };
    }
}
