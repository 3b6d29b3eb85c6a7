namespace Upscale.Inference;

/// <summary>A pool that takes down what the components of its networks are given, so that ONNX Runtime alone can be given the same.</summary>
public sealed class RunRecorder : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(ModelCard Component, IReadOnlyList<NamedTensor> Inputs)> _runs = [];
    private bool _recording = true;

    /// <summary>Begins to record.</summary>
    public RunRecorder() => Pool = new SessionPool(new SessionPoolOptions { BeforeNamedRun = Record });

    /// <summary>To run with; it goes on to work after the recording.</summary>
    public SessionPool Pool { get; }

    /// <summary>Ends the recording.</summary>
    /// <returns>The runs so far, on ONNX Runtime alone. The caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public BareComponentRun Finish()
    {
        lock (_gate)
        {
            _recording = false;
            return _runs.Count > 0 ? new BareComponentRun(_runs) : throw new InvalidOperationException("No component ran.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Pool.Dispose();

    private Exception? Record(ModelCard component, IReadOnlyList<NamedTensor> inputs)
    {
        lock (_gate)
        {
            if (_recording)
                _runs.Add((component, [.. inputs.Select(Copy)]));
        }

        return null;
    }

    private static NamedTensor Copy(NamedTensor tensor)
        => tensor.Integers is { } integers ? new NamedTensor(tensor.Name, tensor.Shape, integers.ToArray()) : new NamedTensor(tensor.Name, tensor.Shape, tensor.Floats.ToArray());
}
