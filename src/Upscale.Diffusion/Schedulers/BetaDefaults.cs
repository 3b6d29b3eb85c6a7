namespace Upscale.Diffusion;

/// <summary>The shape of a beta schedule.</summary>
internal enum BetaCurve
{
    Linear,
    ScaledLinear,
    Cosine,
}

/// <summary>What a scheduler class takes where the config says nothing.</summary>
internal readonly record struct BetaDefaults(double Start, double End, BetaCurve Curve)
{
    /// <summary>Of DDPM, and of most classes.</summary>
    public static BetaDefaults Common => new(0.0001, 0.02, BetaCurve.Linear);

    /// <summary>Of the classes with two network calls a step.</summary>
    public static BetaDefaults Narrow => new(0.00085, 0.012, BetaCurve.Linear);

    /// <summary>Of LCM, and what Stable Diffusion was trained with.</summary>
    public static BetaDefaults NarrowScaled => new(0.00085, 0.012, BetaCurve.ScaledLinear);
}
