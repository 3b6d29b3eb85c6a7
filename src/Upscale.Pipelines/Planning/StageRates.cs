using Upscale.Inference;

namespace Upscale.Pipelines;

/// <summary>
/// What a unit of work of each stage takes on this machine, remembered in a file between processes. Later pictures count as much as all earlier
/// ones together, large ones more than small ones.
/// </summary>
internal sealed class StageRates(string path)
{
    /// <summary>Shorter times are those of the clock and of loading, not of the work.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private Dictionary<string, Rate>? _rates;

    /// <summary>The time that a stage will take.</summary>
    /// <param name="stage">Id of the stage.</param>
    /// <param name="plan">What it is to do.</param>
    /// <param name="engine">What is to compute its networks.</param>
    /// <returns>Null when it was never measured.</returns>
    public TimeSpan? Estimate(string stage, StagePlan plan, InferenceEngine engine)
    {
        lock (_gate)
        {
            _rates ??= Load();
            return _rates.TryGetValue(Key(stage, plan, engine), out Rate? rate) && rate.Work > 0 ? TimeSpan.FromSeconds(rate.Seconds / rate.Work * Work(plan)) : null;
        }
    }

    /// <summary>Remembers what stages took.</summary>
    /// <param name="measured">Each stage's id, what it did, and its own time.</param>
    /// <param name="engine">What was to compute their networks.</param>
    public void Learn(IEnumerable<(string Stage, StagePlan Plan, TimeSpan Time)> measured, InferenceEngine engine)
    {
        lock (_gate)
        {
            // What other processes learned meanwhile is kept.
            _rates = Load();
            foreach ((string stage, StagePlan plan, TimeSpan time) in measured.Where(m => m.Time >= s_shortest))
            {
                string key = Key(stage, plan, engine);
                Rate old = _rates.GetValueOrDefault(key) ?? new Rate(0, 0);
                _rates[key] = new Rate(old.Seconds / 2 + time.TotalSeconds, old.Work / 2 + Work(plan));
            }

            RememberedFile.Write(path, _rates);
        }
    }

    private static string Key(string stage, StagePlan plan, InferenceEngine engine)
        => $"{stage} {string.Join('+', plan.Models)} {plan.Device}{(engine == InferenceEngine.Auto || plan.Models.Count == 0 ? "" : $" {engine}")}".TrimEnd();

    private static double Work(StagePlan plan)
        => plan.Operations > 0 ? plan.Operations : plan.Models.Count > 0 ? plan.Tiles : (double)plan.Output.Width * plan.Output.Height * plan.Output.Channels;

    private Dictionary<string, Rate> Load() => RememberedFile.Read<Dictionary<string, Rate>>(path) ?? [];

    /// <param name="Seconds">Time of some work.</param>
    /// <param name="Work">The work: operations, network runs or samples, as the plan tells.</param>
    private sealed record Rate(double Seconds, double Work);
}
