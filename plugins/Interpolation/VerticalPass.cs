using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Upscale.Interpolation;

/// <summary>Makes an output row as a weighted sum of rows.</summary>
internal static unsafe class VerticalPass
{
    private const int Step = 8;

    /// <summary>Computes columns [<paramref name="begin"/>, <paramref name="end"/>) of one row.</summary>
    /// <param name="rows">As many rows as taps.</param>
    /// <param name="weights">A weight for each.</param>
    /// <param name="taps">At least 1.</param>
    /// <param name="target">The output row.</param>
    /// <param name="begin">First column.</param>
    /// <param name="end">The column after the last one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float** rows, float* weights, int taps, float* target, int begin, int end)
    {
        int x = begin;
        for (; x + (8 * Step) <= end; x += 8 * Step)
        {
            float* row = rows[0] + x;
            Vector256<float> weight = Vector256.Create(weights[0]);
            Vector256<float> sum0 = Vector256.Load(row) * weight;
            Vector256<float> sum1 = Vector256.Load(row + Step) * weight;
            Vector256<float> sum2 = Vector256.Load(row + (2 * Step)) * weight;
            Vector256<float> sum3 = Vector256.Load(row + (3 * Step)) * weight;
            Vector256<float> sum4 = Vector256.Load(row + (4 * Step)) * weight;
            Vector256<float> sum5 = Vector256.Load(row + (5 * Step)) * weight;
            Vector256<float> sum6 = Vector256.Load(row + (6 * Step)) * weight;
            Vector256<float> sum7 = Vector256.Load(row + (7 * Step)) * weight;
            for (int k = 1; k < taps; k++)
            {
                row = rows[k] + x;
                weight = Vector256.Create(weights[k]);
                sum0 = Vector256.MultiplyAddEstimate(Vector256.Load(row), weight, sum0);
                sum1 = Vector256.MultiplyAddEstimate(Vector256.Load(row + Step), weight, sum1);
                sum2 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (2 * Step)), weight, sum2);
                sum3 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (3 * Step)), weight, sum3);
                sum4 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (4 * Step)), weight, sum4);
                sum5 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (5 * Step)), weight, sum5);
                sum6 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (6 * Step)), weight, sum6);
                sum7 = Vector256.MultiplyAddEstimate(Vector256.Load(row + (7 * Step)), weight, sum7);
            }

            sum0.Store(target + x);
            sum1.Store(target + x + Step);
            sum2.Store(target + x + (2 * Step));
            sum3.Store(target + x + (3 * Step));
            sum4.Store(target + x + (4 * Step));
            sum5.Store(target + x + (5 * Step));
            sum6.Store(target + x + (6 * Step));
            sum7.Store(target + x + (7 * Step));
        }

        for (; x + Step <= end; x += Step)
        {
            Vector256<float> sum = Vector256.Load(rows[0] + x) * Vector256.Create(weights[0]);
            for (int k = 1; k < taps; k++)
                sum = Vector256.MultiplyAddEstimate(Vector256.Load(rows[k] + x), Vector256.Create(weights[k]), sum);
            sum.Store(target + x);
        }

        for (; x < end; x++)
        {
            float sum = rows[0][x] * weights[0];
            for (int k = 1; k < taps; k++)
                sum = float.MultiplyAddEstimate(rows[k][x], weights[k], sum);
            target[x] = sum;
        }
    }
}
