namespace Upscale.Kernels;

/// <summary>What lies around a map.</summary>
public enum Padding
{
    /// <summary>Zeros.</summary>
    Zero,

    /// <summary>The map mirrored at its outermost pixels, which are not repeated: dcb|abcd|cba.</summary>
    Reflect,

    /// <summary>Its outermost pixels repeated: aaa|abcd|ddd.</summary>
    Edge,
}
