using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Upscale.Kernels;

/// <summary>What the processor can do at best: multiply-adds that touch nothing but registers, as many chains as hide their latency.</summary>
public static class ProcessorPeak
{
    private const int Steps = 1_000_000;
    private const int Chains = 12;

    /// <summary>Measures for a few milliseconds.</summary>
    /// <param name="threads">Threads that compute at the same time, at least 1.</param>
    /// <returns>Multiplications and additions of float32 numbers in 1e9 a second, all threads together: the best of ten runs.</returns>
    public static double Measure(int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        double best = double.MaxValue;
        for (int run = 0; run < 10; run++)
        {
            long start = Stopwatch.GetTimestamp();
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Run());
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * Chains * Steps * KernelPaths.Lanes(KernelPaths.Best) * threads / best / 1e9;
    }

    private static float Run() => KernelPaths.Best switch
    {
        KernelPath.Vector512 => Run<Lanes512, Vector512<float>>(),
        KernelPath.Vector256 => Run<Lanes256, Vector256<float>>(),
        _ => Run<Lanes128, Vector128<float>>(),
    };

    /// <returns>Of no use but that the sums cannot be left out.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        TVector factor = TLanes.Broadcast(0.999f), a = factor, b = factor, c = factor, d = factor, e = factor, f = factor, g = factor, h = factor, i = factor, j = factor, k = factor, l = factor;
        for (int step = 0; step < Steps; step++)
        {
            a = TLanes.MultiplyAdd(a, factor, factor);
            b = TLanes.MultiplyAdd(b, factor, factor);
            c = TLanes.MultiplyAdd(c, factor, factor);
            d = TLanes.MultiplyAdd(d, factor, factor);
            e = TLanes.MultiplyAdd(e, factor, factor);
            f = TLanes.MultiplyAdd(f, factor, factor);
            g = TLanes.MultiplyAdd(g, factor, factor);
            h = TLanes.MultiplyAdd(h, factor, factor);
            i = TLanes.MultiplyAdd(i, factor, factor);
            j = TLanes.MultiplyAdd(j, factor, factor);
            k = TLanes.MultiplyAdd(k, factor, factor);
            l = TLanes.MultiplyAdd(l, factor, factor);
        }

        float* sums = stackalloc float[TLanes.Count];
        TVector all = TLanes.Add(TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d)), TLanes.Add(TLanes.Add(e, f), TLanes.Add(g, h)));
        TLanes.Store(TLanes.Add(all, TLanes.Add(TLanes.Add(i, j), TLanes.Add(k, l))), sums);
        return sums[0];
    }
}
