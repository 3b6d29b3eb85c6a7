namespace Upscale.Diffusion.Models;

/// <summary>What a network is told beside latents and timestep, for one row of a batch. What its graph has no input for is not looked at.</summary>
public sealed record UnetConditions
{
    /// <summary>The prompt.</summary>
    public EncodedText? Text { get; init; }

    /// <summary>Noise level of the picture that leads an enlargement.</summary>
    public int ClassLabel { get; init; }

    /// <summary>Condition of the timestep.</summary>
    public IReadOnlyList<float> TimestepCondition { get; init; } = [];

    /// <summary>Sizes in pixels as SDXL takes them.</summary>
    public IReadOnlyList<float> TimeIds { get; init; } = [];
}
