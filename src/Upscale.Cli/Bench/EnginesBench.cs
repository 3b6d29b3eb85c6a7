using System.Diagnostics;
using Upscale.Inference;

namespace Upscale.Cli.Bench;

/// <summary>The kernels of this program against ONNX Runtime on every network that comes with it, both in one run.</summary>
internal static class EnginesBench
{
    /// <summary>Rows and columns of tiles where none are named.</summary>
    public static IReadOnlyList<int> Sides { get; } = [64, 128, 256];

    /// <summary>A pair of runs more often than this does not change the best of them.</summary>
    private const int MostRuns = 40;

    /// <summary>Measures.</summary>
    /// <param name="cards">Networks; those of several graphs have each of them measured.</param>
    /// <param name="sides">Rows and columns of tiles; a network that does not take one is left out at it.</param>
    /// <param name="threads">Numbers of threads.</param>
    /// <param name="time">How long each network is measured at each size, two runs of each engine at least.</param>
    /// <param name="say">Told what is worked on.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    public static IEnumerable<EngineFigures> Run(IEnumerable<ModelCard> cards, IReadOnlyList<int> sides, IReadOnlyList<int> threads, TimeSpan time, Action<string> say, CancellationToken cancellationToken)
    {
        Dictionary<int, double> peaks = threads.Distinct().ToDictionary(t => t, Processor.MeasurePeak);
        foreach ((ModelCard card, string? component) in cards.SelectMany(c => c.Components.Count == 0 ? [(c, null)] : c.Components.Select(p => (c, (string?)p.Name))))
        {
            string name = component is null ? card.Id : $"{card.Id}/{component}";
            say(name);
            foreach (int side in sides.Where(s => component is not null || card.AcceptsSize(s, s)))
            {
                foreach (int count in threads)
                    yield return Measure(card, component, name, side, count, peaks[count], time, cancellationToken);
            }
        }
    }

    /// <summary>In turns, so that a busy moment of the machine hits both; the best of each.</summary>
    private static EngineFigures Measure(ModelCard card, string? component, string name, int side, int threads, double peak, TimeSpan time, CancellationToken cancellationToken)
    {
        using var trial = new EngineTrial(card, component, side, threads);
        double theirs = double.MaxValue, ours = double.MaxValue;
        var clock = Stopwatch.StartNew();
        for (int run = 0; run < MostRuns && (run < 2 || clock.Elapsed < time); run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            theirs = Math.Min(theirs, trial.Run(InferenceEngine.OnnxRuntime).TotalMilliseconds);
            ours = Math.Min(ours, trial.Run(InferenceEngine.Native).TotalMilliseconds);
        }

        double gflops = trial.Operations / ours / 1e6;
        return new EngineFigures(name, side, threads, theirs, ours, theirs / ours, gflops, gflops / peak, trial.Difference());
    }
}
