namespace Upscale.Diffusion.Models;

/// <summary>Which answer of a text encoder a network is trained with.</summary>
public enum TextLayer
{
    /// <summary>The last hidden state, after the final layer norm: Stable Diffusion.</summary>
    Last,

    /// <summary>The last hidden state before that norm: the x2 latent upscaler.</summary>
    BeforeNorm,

    /// <summary>The last but one hidden state: SDXL.</summary>
    Penultimate,
}
