using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Denoising;

/// <summary>
/// Classifier-free guidance (J. Ho, T. Salimans, 2022): the answer is u + scale (c - u), with u for the negative prompt and c for the prompt. Up to a scale of 1
/// the prompt alone is asked.
/// </summary>
/// <param name="Scale">At least 0.</param>
/// <param name="Prompt">Conditions with the prompt.</param>
/// <param name="Negative">Conditions with the negative prompt; null for none.</param>
public sealed record Guidance(double Scale, UnetConditions Prompt, UnetConditions? Negative)
{
    /// <summary>True when both are asked.</summary>
    public bool IsUsed => Scale > 1 && Negative is not null;
}
