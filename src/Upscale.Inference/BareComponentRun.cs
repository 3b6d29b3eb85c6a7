using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>
/// ONNX Runtime alone on recorded tensors, with the session options of the pool: what the engine's speed with networks of several components is compared
/// with. CPU only. Not thread-safe.
/// </summary>
public sealed class BareComponentRun : IDisposable
{
    private readonly RunOptions _options = new();
    private readonly Dictionary<string, InferenceSession> _sessions = new(StringComparer.Ordinal);
    private readonly List<Recorded> _runs = [];

    /// <summary>Loads the components into sessions of their own and runs all once.</summary>
    /// <param name="runs">Which component is given what, at least one.</param>
    internal BareComponentRun(IReadOnlyList<(ModelCard Component, IReadOnlyList<NamedTensor> Inputs)> runs)
    {
        SessionPoolOptions pool = new();
        var factory = new SessionFactory(pool.Threads, pool.AllowTf32);
        try
        {
            foreach ((ModelCard component, IReadOnlyList<NamedTensor> inputs) in runs)
            {
                if (!_sessions.TryGetValue(component.Path, out InferenceSession? session))
                    _sessions.Add(component.Path, session = factory.Load(component.Path, DeviceKind.Cpu, 0));
                BoundTensor[] bound = [.. inputs.Select(t => BoundTensor.Input(t, session.InputMetadata[t.Name].ElementDataType))];
                string[] names = [.. inputs.Select(t => t.Name)];
                OrtValue[] values = [.. bound.Select(t => t.Value)];

                // The results of the first run are the memory that later ones write to.
                IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(_options, names, values, session.OutputNames);
                _runs.Add(new Recorded(component.Id, session, names, bound, values, outputs));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How often a component is run.</summary>
    /// <param name="component">Its role, such as <c>unet</c>.</param>
    public int Count(string component) => _runs.Count(r => r.Id.EndsWith($"/{component}", StringComparison.Ordinal));

    /// <summary>Does all runs again, in their order.</summary>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <returns>Wall time of all runs together.</returns>
    public TimeSpan Measure(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        foreach (Recorded run in _runs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            run.Session.Run(_options, run.Names, run.Values, run.Session.OutputNames, run.Outputs);
        }

        return clock.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Recorded run in _runs)
        {
            run.Outputs.Dispose();
            foreach (BoundTensor tensor in run.Inputs)
                tensor.Dispose();
        }

        foreach (InferenceSession session in _sessions.Values)
            session.Dispose();
        _options.Dispose();
    }

    private sealed record Recorded(
        string Id, InferenceSession Session, IReadOnlyCollection<string> Names, IReadOnlyList<BoundTensor> Inputs, IReadOnlyCollection<OrtValue> Values, IDisposableReadOnlyCollection<OrtValue> Outputs);
}
