namespace Upscale.Diffusion;

/// <summary>What a network answers.</summary>
public enum PredictionType
{
    /// <summary>The noise in its input.</summary>
    Epsilon,

    /// <summary>The clean picture.</summary>
    Sample,

    /// <summary>alpha noise - sigma picture (Salimans and Ho, "Progressive Distillation", 2022).</summary>
    V,
}
