using System.Diagnostics;

namespace Upscale.Cli.Bench;

/// <summary>Wall times by which two ways of one job are compared.</summary>
internal static class Timing
{
    /// <summary>Runs both once unmeasured, then in turns, so that a busy moment of the machine hits both.</summary>
    /// <param name="runs">Measured runs of each, at least 1.</param>
    /// <param name="first">One way; gives the seconds it took.</param>
    /// <param name="second">The other way; gives the seconds it took.</param>
    /// <returns>The median seconds of each, and the median over the turns of the second's seconds over the first's.</returns>
    public static async Task<(double First, double Second, double Ratio)> CompareAsync(int runs, Func<Task<double>> first, Func<Task<double>> second)
    {
        var firsts = new double[runs];
        var seconds = new double[runs];
        for (int run = -1; run < runs; run++)
        {
            double a = await first().ConfigureAwait(false);
            double b = await second().ConfigureAwait(false);
            if (run >= 0)
                (firsts[run], seconds[run]) = (a, b);
        }

        return (Median(firsts), Median(seconds), Median(firsts.Zip(seconds, (a, b) => b / a)));
    }

    /// <summary>The middle value; of an even number of values the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    /// <summary>Seconds that a job takes.</summary>
    public static async Task<double> SecondsAsync(Func<Task> job)
    {
        var clock = Stopwatch.StartNew();
        await job().ConfigureAwait(false);
        return clock.Elapsed.TotalSeconds;
    }
}
