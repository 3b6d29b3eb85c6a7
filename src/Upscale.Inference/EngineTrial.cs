using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Upscale.Inference.Native;
using Upscale.Kernels;

namespace Upscale.Inference;

/// <summary>
/// One graph on noise, by ONNX Runtime with the session options of the pool and by the kernels of this program: whether they agree, and what their
/// speeds are compared with. CPU only. Not thread-safe.
/// </summary>
public sealed class EngineTrial : IDisposable
{
    /// <summary>Side of the maps on which a network is tried before its first use.</summary>
    private const int UsualSide = 64;

    /// <summary>Operations of a run above which the maps are made smaller, so that a trial takes less than a second.</summary>
    private const double MostOperations = 4e10;

    private static readonly TimeSpan s_shortTime = TimeSpan.FromSeconds(0.3);

    private readonly InferenceSession _session;
    private readonly NativeRun _native;
    private readonly bool _owner;
    private readonly RunOptions _options = new();
    private readonly NamedTensor[] _inputs;
    private readonly NamedTensor[] _theirs;
    private readonly NamedTensor[] _ours;
    private readonly List<BoundTensor> _bound = [];

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
        IReadOnlyList<TensorInfo> declared = ModelFile.Scan(path).Inputs;
        NativeRun? native = null;
        try
        {
            native = new NativeRun(NativeNetwork.Load(path, new KernelTuning(threads, KernelTuning.UsualBlockBytes)), declared, 0);
            (_inputs, NativePlan plan) = Prepare(native, declared, card.Scale, side);
            Operations = plan.Operations;
            (_theirs, _ours) = (Results(plan), Results(plan));
        }
        catch (NotCoveredException exception)
        {
            native?.Dispose();
            throw new NotSupportedException($"{card.Id} has {exception.Message}, which the kernels of this program do not compute.", exception);
        }

        (_native, _owner) = (native, true);
        _session = new SessionFactory(threads, new SessionPoolOptions().AllowTf32).Load(path, DeviceKind.Cpu, 0);
        Bind();
    }

    /// <summary>Plans a trial of a loaded network, on maps of a size that its card takes.</summary>
    /// <param name="card">Of the network, or with the scale of the network that it is a component of.</param>
    /// <param name="declared">Its inputs.</param>
    /// <param name="session">In ONNX Runtime.</param>
    /// <param name="native">In the kernels.</param>
    /// <exception cref="NotCoveredException">The kernels do not cover the network, or not with maps that are known to suit it.</exception>
    internal EngineTrial(ModelCard card, IReadOnlyList<TensorInfo> declared, InferenceSession session, NativeRun native)
    {
        int[] sides = [.. Enumerable.Range(0, 256).Select(i => UsualSide + i).Where(s => Suits(card, s)).Take(1).DefaultIfEmpty(UsualSide)];
        (_inputs, NativePlan plan) = Prepare(native, declared, card.Scale, sides[0]);
        if (plan.Operations > MostOperations && Suits(card, sides[0] / 2))
            (_inputs, plan) = Prepare(native, declared, card.Scale, sides[0] / 2);
        Operations = plan.Operations;
        (_theirs, _ours, _session, _native) = (Results(plan), Results(plan), session, native);
        Bind();
    }

    /// <summary>Multiplications and additions of a run, counted as plain convolutions.</summary>
    public double Operations { get; }

    /// <summary>Runs once.</summary>
    /// <param name="engine">One of the two.</param>
    /// <param name="cancellationToken">Stops the kernels.</param>
    /// <returns>Wall time.</returns>
    public TimeSpan Run(InferenceEngine engine, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        if (engine == InferenceEngine.Native)
        {
            if (!_native.TryRun(_inputs, _ours, cancellationToken))
                throw new InvalidOperationException("What was planned cannot be run.");
        }
        else
        {
            _session.Run(_options, [.. _inputs.Select(i => i.Name)], [.. _bound.Take(_inputs.Length).Select(b => b.Value)], [.. _theirs.Select(o => o.Name)], [.. _bound.Skip(_inputs.Length).Select(b => b.Value)]);
            foreach (BoundTensor output in _bound.Skip(_inputs.Length))
                output.ReadBack();
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Largest difference between the results of the two, as a part of the largest value, and at least of 1. Both have run.</summary>
    public double Difference() => _theirs.Zip(_ours).Max(pair => Difference(pair.First.Floats.Span, pair.Second.Floats.Span));

    /// <inheritdoc/>
    public void Dispose()
    {
        _bound.ForEach(b => b.Dispose());
        _options.Dispose();
        if (!_owner)
            return;
        _session.Dispose();
        _native.Dispose();
    }

    /// <summary>Plans a graph for maps of one size, or where they do not go together, with the picture of a denoiser as much larger as the scale says.</summary>
    /// <exception cref="NotCoveredException">Neither can be run.</exception>
    internal static (NamedTensor[] Inputs, NativePlan Plan) Prepare(NativeRun native, IReadOnlyList<TensorInfo> declared, int scale, int side)
    {
        NamedTensor[] inputs = Noise(declared, _ => side);
        try
        {
            return (inputs, native.Prepare(inputs));
        }
        catch (NotCoveredException) when (declared.Count(i => i.Dimensions.Count == 4) > 1)
        {
            inputs = Noise(declared, name => name == "sample" ? side * scale : side);
            return (inputs, native.Prepare(inputs));
        }
    }

    /// <summary>Runs both once for their results, and then in turns for their times.</summary>
    /// <exception cref="OperationCanceledException">The trial was given up.</exception>
    internal EngineTimes Measure(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.Register(static o => ((RunOptions)o!).Terminate = true, _options);
        try
        {
            return MeasureInTurns(cancellationToken);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private EngineTimes MeasureInTurns(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Run(InferenceEngine.OnnxRuntime, cancellationToken);
        Run(InferenceEngine.Native, cancellationToken);
        double difference = Difference(), theirs = double.MaxValue, ours = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < 2 || (run < 8 && Stopwatch.GetElapsedTime(start) < s_shortTime); run++)
        {
            ours = Math.Min(ours, Run(InferenceEngine.Native, cancellationToken).TotalMilliseconds);
            theirs = Math.Min(theirs, Run(InferenceEngine.OnnxRuntime, cancellationToken).TotalMilliseconds);
        }

        return new EngineTimes(theirs, ours, double.IsFinite(difference) ? difference : double.MaxValue);
    }

    private static bool Suits(ModelCard card, int side) => card.Kind != ModelKind.FeedForward || card.AcceptsSize(side, side);

    private static double Difference(ReadOnlySpan<float> theirs, ReadOnlySpan<float> ours)
    {
        double range = 1, worst = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            range = Math.Max(range, Math.Abs(theirs[i]));
            worst = Math.Max(worst, Math.Abs(theirs[i] - ours[i]));
        }

        return worst / range;
    }

    private static NamedTensor[] Results(NativePlan plan)
        => [.. plan.Outputs.Select(o => new NamedTensor(o.Key, [1, o.Value.Channels, o.Value.Height, o.Value.Width], new float[o.Value.Floats]))];

    private static NamedTensor[] Noise(IReadOnlyList<TensorInfo> declared, Func<string, int> sideOf)
    {
        var random = new Random(1);
        List<NamedTensor> inputs = [];
        foreach (TensorInfo input in declared)
        {
            if (input.Dimensions is [<= 1, var channels and > 0, var rows, var columns])
            {
                int height = rows > 0 ? rows : sideOf(input.Name), width = columns > 0 ? columns : sideOf(input.Name);
                inputs.Add(new NamedTensor(input.Name, [1, channels, height, width], Enumerable.Range(0, channels * height * width).Select(_ => random.NextSingle()).ToArray()));
            }
            else if (input.Dimensions.Count <= 1)
            {
                int[] shape = [.. input.Dimensions.Select(d => Math.Max(d, 1))];
                long[] ones = [.. Enumerable.Repeat(1L, shape.Aggregate(1, (product, d) => product * d))];
                inputs.Add(new NamedTensor(input.Name, shape, (ReadOnlyMemory<long>)ones));
            }
            else
            {
                throw new NotCoveredException($"the input '{input.Name}', which is no picture");
            }
        }

        return [.. inputs];
    }

    private void Bind()
    {
        foreach (NamedTensor input in _inputs)
            _bound.Add(BoundTensor.Input(input, TypeOf(_session.InputMetadata, input)));
        foreach (NamedTensor output in _theirs)
            _bound.Add(BoundTensor.Output(output, TypeOf(_session.OutputMetadata, output)));
    }

    private static TensorElementType TypeOf(IReadOnlyDictionary<string, NodeMetadata> known, NamedTensor tensor)
        => known.TryGetValue(tensor.Name, out NodeMetadata? metadata) && metadata.IsTensor && BoundTensor.Knows(metadata.ElementDataType)
            ? metadata.ElementDataType
            : throw new NotCoveredException($"'{tensor.Name}', which is no tensor of numbers");
}
