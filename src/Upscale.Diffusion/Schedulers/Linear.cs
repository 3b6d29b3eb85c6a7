using System.Numerics;

namespace Upscale.Diffusion;

/// <summary>Weighted sums of pictures. The result may be the memory of an operand.</summary>
internal static class Linear
{
    /// <summary>result = a x.</summary>
    public static void Scale(Span<float> result, double a, ReadOnlySpan<float> x)
    {
        SameLength(result, x);
        float fa = (float)a;
        int i = 0;
        for (; i <= result.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(x[i..]) * fa).CopyTo(result[i..]);
        for (; i < result.Length; i++)
            result[i] = x[i] * fa;
    }

    /// <summary>result = a x + b y.</summary>
    public static void Combine(Span<float> result, double a, ReadOnlySpan<float> x, double b, ReadOnlySpan<float> y)
    {
        SameLength(result, x);
        SameLength(result, y);
        float fa = (float)a;
        float fb = (float)b;
        int i = 0;
        for (; i <= result.Length - Vector<float>.Count; i += Vector<float>.Count)
            ((new Vector<float>(x[i..]) * fa) + (new Vector<float>(y[i..]) * fb)).CopyTo(result[i..]);
        for (; i < result.Length; i++)
            result[i] = (x[i] * fa) + (y[i] * fb);
    }

    /// <summary>sum += a x.</summary>
    public static void Add(Span<float> sum, double a, ReadOnlySpan<float> x) => Combine(sum, 1, sum, a, x);

    /// <summary>Limits every value to -range..range.</summary>
    public static void Clip(Span<float> values, float range)
    {
        var low = new Vector<float>(-range);
        var high = new Vector<float>(range);
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Min(Vector.Max(new Vector<float>(values[i..]), low), high).CopyTo(values[i..]);
        for (; i < values.Length; i++)
            values[i] = Math.Clamp(values[i], -range, range);
    }

    private static void SameLength(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"Pictures of {a.Length} and {b.Length} values do not go together.");
    }
}
