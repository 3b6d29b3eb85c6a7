namespace Upscale.Diffusion;

/// <summary>Where in the training steps the steps of a run lie (Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", table 2).</summary>
public enum TimestepSpacing
{
    /// <summary>Evenly from the first to the last.</summary>
    Linspace,

    /// <summary>At whole multiples from the first on, plus the offset of the config.</summary>
    Leading,

    /// <summary>At multiples counted from the last one down.</summary>
    Trailing,
}
