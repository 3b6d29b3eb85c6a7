using System.Numerics;

namespace Upscale.Imaging;

/// <summary>Interleaved samples of files to planar float32 and back.</summary>
internal static class SampleConverter
{
    private static readonly float[] s_bytes = [.. Enumerable.Range(0, 256).Select(v => v / 255f)];

    /// <summary>One band of a row of 8-bit samples: value / 255.</summary>
    public static void Unpack(ReadOnlySpan<byte> row, int bands, int band, Span<float> plane)
    {
        float[] table = s_bytes;
        int i = band;
        for (int x = 0; x < plane.Length; x++, i += bands)
            plane[x] = table[row[i]];
    }

    /// <summary>One band of a row of samples of up to 16 bits: value / (2^bits - 1).</summary>
    /// <param name="row">Interleaved; the value is in the upper <paramref name="bits"/> bits.</param>
    /// <param name="bands">Samples for each pixel.</param>
    /// <param name="band">Which of them.</param>
    /// <param name="bits">9 to 16.</param>
    /// <param name="plane">Receives 0..1.</param>
    public static void Unpack(ReadOnlySpan<ushort> row, int bands, int band, int bits, Span<float> plane)
    {
        int shift = 16 - bits;
        float largest = (1 << bits) - 1;
        int i = band;
        for (int x = 0; x < plane.Length; x++, i += bands)
            plane[x] = (row[i] >> shift) / largest;
    }

    /// <summary>One band of a row of float samples as they are; NaN becomes 0, infinities 0 and 1.</summary>
    public static void Unpack(ReadOnlySpan<float> row, int bands, int band, Span<float> plane)
    {
        int i = band;
        for (int x = 0; x < plane.Length; x++, i += bands)
            plane[x] = Finite(row[i]);
    }

    /// <summary>A row to 8-bit samples: clipped to 0..1, rounded to nearest; NaN becomes 0.</summary>
    /// <param name="plane">Nominally 0..1.</param>
    /// <param name="offsets">Added to the values, as many; or none for zero.</param>
    /// <param name="bytes">As many.</param>
    public static void ToBytes(ReadOnlySpan<float> plane, ReadOnlySpan<float> offsets, Span<byte> bytes)
    {
        if (offsets.Length > 0)
        {
            for (int i = 0; i < plane.Length; i++)
                bytes[i] = (byte)Scale(plane[i] + offsets[i], 255);
            return;
        }

        int x = 0;
        int step = Vector<byte>.Count;
        int quarter = Vector<float>.Count;
        for (; x <= plane.Length - step; x += step)
        {
            ReadOnlySpan<float> from = plane.Slice(x, step);
            Vector<ushort> low = Vector.Narrow(Scale(from, 255), Scale(from[quarter..], 255));
            Vector<ushort> high = Vector.Narrow(Scale(from[(2 * quarter)..], 255), Scale(from[(3 * quarter)..], 255));
            Vector.Narrow(low, high).CopyTo(bytes[x..]);
        }

        for (; x < plane.Length; x++)
            bytes[x] = (byte)Scale(plane[x], 255);
    }

    /// <summary>A row to samples of up to 16 bits: clipped to 0..1, rounded to nearest; NaN becomes 0.</summary>
    /// <param name="plane">Nominally 0..1.</param>
    /// <param name="bits">9 to 16.</param>
    /// <param name="samples">As many; the value is in the upper <paramref name="bits"/> bits.</param>
    public static void ToWords(ReadOnlySpan<float> plane, int bits, Span<ushort> samples)
    {
        int shift = 16 - bits;
        float largest = (1 << bits) - 1;
        int x = 0;
        int step = Vector<ushort>.Count;
        int half = Vector<float>.Count;
        for (; x <= plane.Length - step; x += step)
        {
            ReadOnlySpan<float> from = plane.Slice(x, step);
            Vector.ShiftLeft(Vector.Narrow(Scale(from, largest), Scale(from[half..], largest)), shift).CopyTo(samples[x..]);
        }

        for (; x < plane.Length; x++)
            samples[x] = (ushort)(Scale(plane[x], largest) << shift);
    }

    /// <summary>A row to float samples as they are; infinities and NaN as in reading. Alpha is clipped to 0..1, and opaque but for rounding is 1.</summary>
    /// <param name="plane">Nominally 0..1.</param>
    /// <param name="samples">As many.</param>
    /// <param name="isAlpha">True for alpha.</param>
    public static void ToFloats(ReadOnlySpan<float> plane, Span<float> samples, bool isAlpha)
    {
        const float Rounding = 1e-5f;
        for (int x = 0; x < plane.Length; x++)
        {
            float v = Finite(plane[x]);
            if (isAlpha)
                v = v >= 1 - Rounding ? 1 : Math.Max(v, 0);
            samples[x] = v;
        }
    }

    /// <summary>Colours over a background: c * a + b * (1 - a), with a clipped to 0..1.</summary>
    public static void Over(ReadOnlySpan<float> colour, ReadOnlySpan<float> alpha, float background, Span<float> result)
    {
        for (int x = 0; x < result.Length; x++)
        {
            float a = alpha[x] > 0 ? Math.Min(alpha[x], 1) : 0;
            result[x] = (colour[x] * a) + (background * (1 - a));
        }
    }

    /// <summary>Planes, one after the other in <paramref name="planes"/>, to interleaved samples.</summary>
    public static void Interleave<T>(ReadOnlySpan<T> planes, int bands, Span<T> row) where T : unmanaged
    {
        int width = row.Length / bands;
        for (int band = 0; band < bands; band++)
        {
            ReadOnlySpan<T> plane = planes.Slice(band * width, width);
            int i = band;
            for (int x = 0; x < plane.Length; x++, i += bands)
                row[i] = plane[x];
        }
    }

    private static float Finite(float value) => float.IsFinite(value) ? value : float.IsPositiveInfinity(value) ? 1 : 0;

    private static Vector<uint> Scale(ReadOnlySpan<float> values, float factor)
    {
        Vector<float> v = new Vector<float>(values) * factor;
        // A comparison is false for NaN, so that it becomes 0.
        v = Vector.ConditionalSelect(Vector.GreaterThan(v, Vector<float>.Zero), v, Vector<float>.Zero);
        v = Vector.Min(v, new Vector<float>(factor)) + new Vector<float>(0.5f);
        return Vector.AsVectorUInt32(Vector.ConvertToInt32(v));
    }

    private static int Scale(float value, float factor)
    {
        float v = value * factor;
        return (int)(Math.Min(v > 0 ? v : 0, factor) + 0.5f);
    }
}
