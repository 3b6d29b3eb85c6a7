namespace Upscale.Kernels;

/// <summary>
/// What is done to each sum of a convolution before it is written: y = (a(s + bias) * Scale + residual) * OuterScale + outer residual, or
/// y = a((s + bias) * Scale + residual) * OuterScale + outer residual with <see cref="ActivateLast"/>, where a(v) = v for v at least 0, else
/// v * slope of the channel.
/// </summary>
public readonly record struct Finish()
{
    /// <summary>Applies the slopes of the convolution (PReLU; LeakyReLU when all are the same; ReLU when all are 0).</summary>
    public bool Activate { get; init; } = true;

    /// <summary>Activates after the residual was added.</summary>
    public bool ActivateLast { get; init; }

    /// <summary>Factor.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Added; of the size of the result, and may be the same memory. Null for nothing.</summary>
    public FeatureMap? Residual { get; init; }

    /// <summary>Factor of the whole.</summary>
    public float OuterScale { get; init; } = 1;

    /// <summary>Added last, as <see cref="Residual"/>: the way around a block whose last convolution has a way around itself. Null for nothing.</summary>
    public FeatureMap? OuterResidual { get; init; }
}
