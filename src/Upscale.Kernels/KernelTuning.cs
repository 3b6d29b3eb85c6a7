using System.Diagnostics;

namespace Upscale.Kernels;

/// <summary>What makes kernels fast on one machine and slow on another. Results do not depend on it.</summary>
/// <param name="Threads">Threads of a run, at least 1.</param>
/// <param name="BlockBytes">Bytes that the transformed tiles of Winograd's method may take at a time, so that they stay in the second-level cache of a core.</param>
public sealed record KernelTuning(int Threads, int BlockBytes)
{
    /// <summary>
    /// For a second-level cache of 512 KB: beside the transformed tiles it holds what is computed of them, and the parts of the maps that are read and
    /// written meanwhile.
    /// </summary>
    public const int UsualBlockBytes = 192 << 10;

    /// <summary>By how much another setting must be faster than the usual one: less may be chance.</summary>
    private const double Advantage = 0.95;

    private const int Channels = 64;
    private const int Side = 128;
    private const int MostRounds = 8;

    private static readonly TimeSpan s_shortTime = TimeSpan.FromSeconds(0.3);

    /// <summary>Finds the fastest setting with a convolution of the usual kind, in about a third of a second.</summary>
    /// <param name="threads">Most threads of a run, at least 1. Half of them are tried too: where two share a core, they may be in each other's way.</param>
    public static KernelTuning Measure(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        KernelTuning[] settings =
        [
            new(threads, UsualBlockBytes),
            new(threads, UsualBlockBytes / 2),
            new(threads, UsualBlockBytes * 2),
            new(threads, UsualBlockBytes * 4),
            .. threads >= 4 ? [new KernelTuning(threads / 2, UsualBlockBytes)] : Array.Empty<KernelTuning>(),
        ];
        double[] best = [.. settings.Select(_ => double.MaxValue)];
        var random = new Random(1);
        float[] weights = [.. Enumerable.Range(0, Channels * Channels * 9).Select(_ => random.NextSingle() - 0.5f)];
        using Convolution convolution = new(weights, (Channels, Channels, 3, 3), new float[Channels], [], KernelPaths.Best);
        convolution.KeepTransformed();
        using AlignedMemory source = new((long)Channels * Side * Side), target = new((long)Channels * Side * Side);
        KernelTeam[] teams = [.. settings.Select(s => new KernelTeam(s))];
        try
        {
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; round < 2 || (round < MostRounds && Stopwatch.GetElapsedTime(start) < s_shortTime); round++)
            {
                for (int i = 0; i < settings.Length; i++)
                    best[i] = Math.Min(best[i], Time(convolution, source, target, teams[i]));
            }
        }
        finally
        {
            foreach (KernelTeam team in teams)
                team.Dispose();
        }

        int fastest = Array.IndexOf(best, best.Min());
        return settings[best[fastest] < best[0] * Advantage ? fastest : 0];
    }

    private static unsafe double Time(Convolution convolution, AlignedMemory source, AlignedMemory target, KernelTeam team)
    {
        FeatureMap input = new(source.Data, Side, Side, Channels), output = new(target.Data, Side, Side, Channels);
        long start = Stopwatch.GetTimestamp();
        convolution.Run(input, output, 1, 1, 1, Padding.Zero, new Finish(), team);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
