using System.Numerics;

namespace Upscale.Diffusion.Sources;

/// <summary>Weighted sums of rows, a vector of the processor at a time. Every product is rounded before it is added, so that no result depends on the processor.</summary>
internal static class WeightedSum
{
    /// <summary>x[i] = a x[i] + b y[i].</summary>
    /// <param name="x">Any length.</param>
    /// <param name="a">Its weight.</param>
    /// <param name="y">As many.</param>
    /// <param name="b">Their weight.</param>
    public static void Mix(Span<float> x, float a, ReadOnlySpan<float> y, float b)
    {
        y = y[..x.Length];
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> sum = (new Vector<float>(x[i..]) * a) + (new Vector<float>(y[i..]) * b);
            sum.CopyTo(x[i..]);
        }

        for (; i < x.Length; i++)
            x[i] = (a * x[i]) + (b * y[i]);
    }

    /// <summary>x[i] = x[i] + b y[i].</summary>
    /// <param name="x">Any length.</param>
    /// <param name="y">As many.</param>
    /// <param name="b">Their weight.</param>
    public static void Add(Span<float> x, ReadOnlySpan<float> y, float b) => Mix(x, 1, y, b);
}
