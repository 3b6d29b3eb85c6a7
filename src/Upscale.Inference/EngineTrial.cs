using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Upscale.Inference.Native;

namespace Upscale.Inference;

/// <summary>
/// One graph on noise of one size, by ONNX Runtime with the session options of the pool and by the kernels of this program: what their speeds are
/// compared with. CPU only. Not thread-safe.
/// </summary>
public sealed class EngineTrial : IDisposable
{
    private readonly InferenceSession _session;
    private readonly NativeNetwork _native;
    private readonly RunOptions _options = new();
    private readonly Dictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphConstant> _numbers = new(StringComparer.Ordinal);
    private readonly List<OrtValue> _inputs = [];
    private readonly List<OrtValue> _outputs = [];
    private readonly List<float[]> _theirs = [];
    private readonly Dictionary<string, Memory<float>> _ours = new(StringComparer.Ordinal);

    /// <summary>Loads the graph for both, and plans it.</summary>
    /// <param name="card">An installed network.</param>
    /// <param name="component">Name of one of its components; null for a network of one graph.</param>
    /// <param name="side">Rows and columns of each map that goes in; of a denoiser whose picture is larger than what it looks at, of the latter.</param>
    /// <param name="threads">Threads of a run, at least 1.</param>
    /// <exception cref="ArgumentException">There is no such component, or it does not take such maps.</exception>
    /// <exception cref="NotSupportedException">The kernels do not cover the graph.</exception>
    public EngineTrial(ModelCard card, string? component, int side, int threads)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (component is null && !card.AcceptsSize(side, side))
            throw new ArgumentException($"{card.Id} takes no tile of {side}x{side}.", nameof(side));
        string path = component is null
            ? card.Path
            : card.Components.FirstOrDefault(c => c.Name == component)?.Path ?? throw new ArgumentException($"{card.Id} has no component '{component}'.", nameof(component));
        _session = new SessionFactory(threads, new SessionPoolOptions().AllowTf32).Load(path, DeviceKind.Cpu, 0);
        try
        {
            _native = NativeNetwork.Load(path, threads);
            NativePlan plan = Plan(card, side);
            Operations = plan.Operations;
            foreach ((string name, PlanValue value) in plan.Outputs)
            {
                float[] result = new float[value.Floats];
                _theirs.Add(result);
                _outputs.Add(OrtValue.CreateTensorValueFromMemory(result, [1, value.Channels, value.Height, value.Width]));
                _ours[name] = new float[value.Floats];
            }
        }
        catch (NotCoveredException exception)
        {
            Dispose();
            throw new NotSupportedException($"{card.Id} has {exception.Message}, which the kernels of this program do not compute.", exception);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Multiplications and additions of a run, counted as plain convolutions.</summary>
    public double Operations { get; }

    /// <summary>Runs once.</summary>
    /// <param name="engine">One of the two.</param>
    /// <returns>Wall time.</returns>
    public TimeSpan Run(InferenceEngine engine)
    {
        long start = Stopwatch.GetTimestamp();
        if (engine == InferenceEngine.Native)
            _native.Run(_maps, _numbers, _ours, CancellationToken.None);
        else
            _session.Run(_options, _session.InputNames, _inputs, [.. _ours.Keys], _outputs);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Largest difference between the results of the two, as a part of the largest value, and at least of 1. Both have run.</summary>
    public double Difference()
    {
        double worst = 0;
        foreach ((float[] theirs, Memory<float> ours) in _theirs.Zip(_ours.Values))
        {
            double range = Math.Max(1, theirs.Max(MathF.Abs));
            for (int i = 0; i < theirs.Length; i++)
                worst = Math.Max(worst, Math.Abs(theirs[i] - ours.Span[i]) / range);
        }

        return worst;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs.ForEach(v => v.Dispose());
        _outputs.ForEach(v => v.Dispose());
        _options.Dispose();
        _session.Dispose();
        _native?.Dispose();
    }

    /// <summary>Makes inputs that go together: all maps of one size, else the picture of a denoiser as much larger as the card's scale says.</summary>
    private NativePlan Plan(ModelCard card, int side)
    {
        try
        {
            Feed(_ => side);
            return _native.Prepare(_maps, _numbers);
        }
        catch (NotCoveredException) when (_maps.Count > 1)
        {
            Feed(name => name == "sample" ? side * card.Scale : side);
            return _native.Prepare(_maps, _numbers);
        }
    }

    private void Feed(Func<string, int> sideOf)
    {
        _inputs.ForEach(v => v.Dispose());
        _inputs.Clear();
        var random = new Random(1);
        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            long[] shape = [.. input.Dimensions.Select(d => Math.Max(d, 1L))];
            if (shape.Length == 4)
            {
                int channels = (int)shape[1], side = sideOf(name);
                float[] planes = [.. Enumerable.Range(0, channels * side * side).Select(_ => random.NextSingle())];
                _maps[name] = (channels, side, side, planes);
                _inputs.Add(OrtValue.CreateTensorValueFromMemory(planes, [1, channels, side, side]));
            }
            else if (input.ElementDataType == TensorElementType.Int64)
            {
                long[] ones = [.. Enumerable.Repeat(1L, (int)shape.Aggregate(1L, (a, b) => a * b))];
                _numbers[name] = new GraphConstant([.. shape.Select(d => (int)d)], null, ones);
                _inputs.Add(OrtValue.CreateTensorValueFromMemory(ones, shape));
            }
            else
            {
                throw new NotCoveredException($"an input '{name}' of numbers of the type {input.ElementDataType}");
            }
        }
    }
}
