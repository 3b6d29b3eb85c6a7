using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Upscale.Interpolation;

/// <summary>
/// The transfer function of sRGB (IEC 61966-2-1): encoded values to light and back. Values below 0 mirror those above
/// (f(-x) = -f(x)), values over 1 continue the curve. Within 2e-6 of the exact formula, relative to the larger of 1 and the value.
/// </summary>
public static class SrgbCurve
{
    /// <summary>Turns encoded values into light, in place.</summary>
    public static void Decode(Span<float> values) => Apply<Decoder>(values);

    /// <summary>Turns light into encoded values, in place.</summary>
    public static void Encode(Span<float> values) => Apply<Encoder>(values);

    private static void Apply<T>(Span<float> values) where T : ICurve
    {
        Span<Vector256<float>> vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = Mirrored<T>(vectors[i]);
        Span<float> rest = values[(vectors.Length * Vector256<float>.Count)..];
        if (rest.IsEmpty)
            return;
        Span<float> last = stackalloc float[Vector256<float>.Count];
        last.Clear();
        rest.CopyTo(last);
        Mirrored<T>(Vector256.Create<float>(last)).CopyTo(last);
        last[..rest.Length].CopyTo(rest);
    }

    private static Vector256<float> Mirrored<T>(Vector256<float> x) where T : ICurve
        => Vector256.CopySign(T.Positive(Vector256.Abs(x)), x);

    private static Vector256<float> Power(Vector256<float> x, float exponent) => Vector256.Exp(Vector256.Log(x) * exponent);

    private interface ICurve
    {
        static abstract Vector256<float> Positive(Vector256<float> x);
    }

    private readonly struct Decoder : ICurve
    {
        public static Vector256<float> Positive(Vector256<float> x)
            => Vector256.ConditionalSelect(
                Vector256.LessThanOrEqual(x, Vector256.Create(0.04045f)),
                x * (1 / 12.92f),
                Power((x + Vector256.Create(0.055f)) * (1 / 1.055f), 2.4f));
    }

    private readonly struct Encoder : ICurve
    {
        public static Vector256<float> Positive(Vector256<float> x)
            => Vector256.ConditionalSelect(
                Vector256.LessThanOrEqual(x, Vector256.Create(0.0031308f)),
                x * 12.92f,
                (Power(x, 1 / 2.4f) * 1.055f) - Vector256.Create(0.055f));
    }
}
