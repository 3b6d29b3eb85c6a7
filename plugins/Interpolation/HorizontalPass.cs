using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Upscale.Interpolation;

/// <summary>
/// Resamples rows along x. Sixteen rows go together: turned on their side, so that the same column of all of them is
/// contiguous, one weight multiplies a vector, and any ratio runs at the same speed without gathering.
/// </summary>
internal static unsafe class HorizontalPass
{
    /// <summary>Rows that go together.</summary>
    public const int Lanes = 16;

    private const int Half = Lanes / 2;

    /// <summary>Computes output columns [<paramref name="begin"/>, <paramref name="end"/>) of the rows.</summary>
    /// <param name="table">Weights along x.</param>
    /// <param name="source"><see cref="Lanes"/> input rows.</param>
    /// <param name="target"><see cref="Lanes"/> output rows. Two lanes may share source and target.</param>
    /// <param name="begin">First output column.</param>
    /// <param name="end">The column after the last one.</param>
    /// <param name="scratch">Room for <see cref="Lanes"/> times the input columns that the block needs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(WeightTable table, float** source, float** target, int begin, int end, float* scratch)
    {
        float* tile = stackalloc float[Half * Lanes];
        int taps = table.Taps;
        fixed (int* first = table.First)
        fixed (float* weights = table.Weights)
        {
            int left = first[begin];
            TurnIn(source, left, first[end - 1] + taps, scratch);
            for (int x = begin; x < end; x += Half)
            {
                int count = Math.Min(Half, end - x);
                for (int i = 0; i < count; i += 4)
                {
                    // Past the end the last output is computed again.
                    int x0 = x + i;
                    int x1 = Math.Min(x0 + 1, end - 1);
                    int x2 = Math.Min(x0 + 2, end - 1);
                    int x3 = Math.Min(x0 + 3, end - 1);
                    Dot4(
                        scratch + ((nint)(first[x0] - left) * Lanes), scratch + ((nint)(first[x1] - left) * Lanes),
                        scratch + ((nint)(first[x2] - left) * Lanes), scratch + ((nint)(first[x3] - left) * Lanes),
                        weights + ((nint)x0 * taps), weights + ((nint)x1 * taps), weights + ((nint)x2 * taps), weights + ((nint)x3 * taps),
                        taps, tile + (i * Lanes));
                }

                TurnOut(tile, target, x, count);
            }
        }
    }

    /// <summary>Four outputs, whose chains of additions overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4(
        float* source0, float* source1, float* source2, float* source3,
        float* weights0, float* weights1, float* weights2, float* weights3, nint taps, float* target)
    {
        Vector256<float> a0 = Vector256<float>.Zero;
        Vector256<float> a1 = Vector256<float>.Zero;
        Vector256<float> b0 = Vector256<float>.Zero;
        Vector256<float> b1 = Vector256<float>.Zero;
        Vector256<float> c0 = Vector256<float>.Zero;
        Vector256<float> c1 = Vector256<float>.Zero;
        Vector256<float> d0 = Vector256<float>.Zero;
        Vector256<float> d1 = Vector256<float>.Zero;
        nint offset = 0;
        for (nint k = 0; k < taps; k++, offset += Lanes)
        {
            Vector256<float> weight = Vector256.Create(weights0[k]);
            a0 = Vector256.MultiplyAddEstimate(Vector256.Load(source0 + offset), weight, a0);
            a1 = Vector256.MultiplyAddEstimate(Vector256.Load(source0 + offset + Half), weight, a1);
            weight = Vector256.Create(weights1[k]);
            b0 = Vector256.MultiplyAddEstimate(Vector256.Load(source1 + offset), weight, b0);
            b1 = Vector256.MultiplyAddEstimate(Vector256.Load(source1 + offset + Half), weight, b1);
            weight = Vector256.Create(weights2[k]);
            c0 = Vector256.MultiplyAddEstimate(Vector256.Load(source2 + offset), weight, c0);
            c1 = Vector256.MultiplyAddEstimate(Vector256.Load(source2 + offset + Half), weight, c1);
            weight = Vector256.Create(weights3[k]);
            d0 = Vector256.MultiplyAddEstimate(Vector256.Load(source3 + offset), weight, d0);
            d1 = Vector256.MultiplyAddEstimate(Vector256.Load(source3 + offset + Half), weight, d1);
        }

        a0.Store(target);
        a1.Store(target + Half);
        b0.Store(target + Lanes);
        b1.Store(target + Lanes + Half);
        c0.Store(target + (2 * Lanes));
        c1.Store(target + (2 * Lanes) + Half);
        d0.Store(target + (3 * Lanes));
        d1.Store(target + (3 * Lanes) + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnIn(float** source, int begin, int end, float* target)
    {
        int x = begin;
        if (Avx.IsSupported)
        {
            // Two steps of eight columns for one half of the lanes at a time: a whole cache line of eight rows, since the
            // lines of more rows than a cache set has ways would drive each other out where the width is a power of two.
            for (; x + (2 * Half) <= end; x += 2 * Half, target += 2 * Half * Lanes)
            {
                for (int half = 0; half < Lanes; half += Half)
                {
                    TurnIn8(source + half, x, target + half);
                    TurnIn8(source + half, x + Half, target + half + (Half * Lanes));
                }
            }
        }

        for (; x < end; x++, target += Lanes)
        {
            for (int lane = 0; lane < Lanes; lane++)
                target[lane] = source[lane][x];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnIn8(float** s, int x, float* t)
        => Transpose(
            s[0] + x, s[1] + x, s[2] + x, s[3] + x, s[4] + x, s[5] + x, s[6] + x, s[7] + x,
            t, t + Lanes, t + (2 * Lanes), t + (3 * Lanes), t + (4 * Lanes), t + (5 * Lanes), t + (6 * Lanes), t + (7 * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnOut(float* tile, float** target, int x, int count)
    {
        if (Avx.IsSupported && count == Half)
        {
            for (int half = 0; half < Lanes; half += Half)
            {
                float* s = tile + half;
                float** t = target + half;
                Transpose(
                    s, s + Lanes, s + (2 * Lanes), s + (3 * Lanes), s + (4 * Lanes), s + (5 * Lanes), s + (6 * Lanes), s + (7 * Lanes),
                    t[0] + x, t[1] + x, t[2] + x, t[3] + x, t[4] + x, t[5] + x, t[6] + x, t[7] + x);
            }

            return;
        }

        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int i = 0; i < count; i++)
                target[lane][x + i] = tile[(i * Lanes) + lane];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        float* s0, float* s1, float* s2, float* s3, float* s4, float* s5, float* s6, float* s7,
        float* t0, float* t1, float* t2, float* t3, float* t4, float* t5, float* t6, float* t7)
    {
        // The halves of 128 bits change places on loading, which the load unit does on the way.
        Vector256<float> a0 = Vector256.Create(Vector128.Load(s0), Vector128.Load(s4));
        Vector256<float> a1 = Vector256.Create(Vector128.Load(s1), Vector128.Load(s5));
        Vector256<float> a2 = Vector256.Create(Vector128.Load(s2), Vector128.Load(s6));
        Vector256<float> a3 = Vector256.Create(Vector128.Load(s3), Vector128.Load(s7));
        Vector256<float> a4 = Vector256.Create(Vector128.Load(s0 + 4), Vector128.Load(s4 + 4));
        Vector256<float> a5 = Vector256.Create(Vector128.Load(s1 + 4), Vector128.Load(s5 + 4));
        Vector256<float> a6 = Vector256.Create(Vector128.Load(s2 + 4), Vector128.Load(s6 + 4));
        Vector256<float> a7 = Vector256.Create(Vector128.Load(s3 + 4), Vector128.Load(s7 + 4));

        Vector256<double> b0 = Avx.UnpackLow(a0, a1).AsDouble();
        Vector256<double> b1 = Avx.UnpackHigh(a0, a1).AsDouble();
        Vector256<double> b2 = Avx.UnpackLow(a2, a3).AsDouble();
        Vector256<double> b3 = Avx.UnpackHigh(a2, a3).AsDouble();
        Vector256<double> b4 = Avx.UnpackLow(a4, a5).AsDouble();
        Vector256<double> b5 = Avx.UnpackHigh(a4, a5).AsDouble();
        Vector256<double> b6 = Avx.UnpackLow(a6, a7).AsDouble();
        Vector256<double> b7 = Avx.UnpackHigh(a6, a7).AsDouble();

        Avx.UnpackLow(b0, b2).AsSingle().Store(t0);
        Avx.UnpackHigh(b0, b2).AsSingle().Store(t1);
        Avx.UnpackLow(b1, b3).AsSingle().Store(t2);
        Avx.UnpackHigh(b1, b3).AsSingle().Store(t3);
        Avx.UnpackLow(b4, b6).AsSingle().Store(t4);
        Avx.UnpackHigh(b4, b6).AsSingle().Store(t5);
        Avx.UnpackLow(b5, b7).AsSingle().Store(t6);
        Avx.UnpackHigh(b5, b7).AsSingle().Store(t7);
    }
}
