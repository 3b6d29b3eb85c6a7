namespace Upscale.Inference.Native;

/// <summary>A tensor that is known before the network runs: floats or integers.</summary>
/// <param name="Dimensions">Empty for a single number.</param>
/// <param name="Floats">Null for integers.</param>
/// <param name="Integers">Null for floats.</param>
internal sealed record GraphConstant(int[] Dimensions, float[]? Floats, long[]? Integers)
{
    /// <summary>How many numbers.</summary>
    public int Length => Floats?.Length ?? Integers!.Length;

    /// <summary>A list of integers.</summary>
    public static GraphConstant Of(params long[] values) => new([values.Length], null, values);
}
