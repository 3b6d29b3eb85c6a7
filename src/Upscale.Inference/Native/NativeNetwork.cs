using System.Collections.Concurrent;
using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>
/// A network that is computed by the kernels of this program. Plans for the sizes used last are kept. Any number of runs at a time, each with
/// threads and memory of its own; the weights are shared.
/// </summary>
internal sealed class NativeNetwork : IDisposable
{
    private const int PlansKept = 8;

    /// <summary>
    /// Bytes of weights up to which what Winograd's method makes of them, four times as much, is kept: with it a network takes no more memory than in
    /// ONNX Runtime. Of larger networks it would.
    /// </summary>
    private const long KeptWeights = 6 << 20;
    private readonly List<(string Key, NativePlan Plan)> _plans = [];
    private readonly KernelWeights _weights = new(KernelPaths.Best);
    private readonly ConcurrentBag<NativeSeat> _seats = [];
    private readonly Lock _gate = new();
    private readonly KernelTuning _tuning;
    private NetworkGraph _graph;

    private NativeNetwork(NetworkGraph graph, KernelTuning tuning) => (_graph, _tuning) = (graph, tuning);

    /// <summary>Bytes held while nothing runs: weights, feature maps of the largest runs, and what the threads need.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_gate)
                return _weights.MemoryBytes + _seats.Sum(s => s.MemoryBytes);
        }
    }

    /// <summary>Reads a network.</summary>
    /// <param name="path">An .onnx file that was looked through.</param>
    /// <param name="tuning">Threads of a run, and how they cut their work.</param>
    /// <exception cref="NotCoveredException">There is something that the kernels do not compute.</exception>
    public static NativeNetwork Load(string path, KernelTuning tuning) => new(GraphReader.Read(path), tuning);

    /// <summary>Runs and waits for the end.</summary>
    /// <param name="inputs">Maps by name: channels, rows, columns, and their planes.</param>
    /// <param name="numbers">Inputs that are numbers, by name.</param>
    /// <param name="outputs">Planes by name.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="NotCoveredException">It cannot be run for inputs of these sizes; nothing is written.</exception>
    public void Run(
        IReadOnlyDictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> inputs,
        IReadOnlyDictionary<string, GraphConstant> numbers,
        IReadOnlyDictionary<string, Memory<float>> outputs,
        CancellationToken cancellationToken)
    {
        NativePlan plan = Prepare(inputs, numbers);
        foreach ((string name, Memory<float> planes) in outputs)
        {
            if (!plan.Outputs.TryGetValue(name, out PlanValue? value) || value.Floats != planes.Length)
                throw new NotCoveredException($"an output '{name}' of {planes.Length} numbers");
        }

        NativeSeat seat = _seats.TryTake(out NativeSeat? free) ? free : new NativeSeat(_tuning);
        try
        {
            plan.Run(seat.Memory(plan.Floats), inputs.ToDictionary(i => i.Key, i => i.Value.Planes), outputs, seat.Team, cancellationToken);
        }
        finally
        {
            _seats.Add(seat);
        }
    }

    /// <summary>Plans runs for inputs of some sizes, and packs the weights.</summary>
    /// <exception cref="NotCoveredException">It cannot be run for inputs of these sizes.</exception>
    public NativePlan Prepare(IReadOnlyDictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> inputs, IReadOnlyDictionary<string, GraphConstant> numbers)
    {
        lock (_gate)
            return Plan(inputs, numbers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_seats.TryTake(out NativeSeat? seat))
            seat.Dispose();
        _weights.Dispose();
    }

    private NativePlan Plan(IReadOnlyDictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> inputs, IReadOnlyDictionary<string, GraphConstant> numbers)
    {
        string key = string.Join(';', inputs.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => $"{i.Key}={i.Value.Channels}x{i.Value.Height}x{i.Value.Width}")
            .Concat(numbers.OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => $"{n.Key}={string.Join(',', n.Value.Integers ?? [.. n.Value.Floats!.Select(f => (long)BitConverter.SingleToInt32Bits(f))])}")));
        int known = _plans.FindIndex(p => p.Key == key);
        NativePlan plan = known >= 0 ? _plans[known].Plan : Make(inputs, numbers);
        if (known >= 0)
            _plans.RemoveAt(known);
        _plans.Insert(0, (key, plan));
        if (_plans.Count > PlansKept)
            _plans.RemoveAt(PlansKept);
        return plan;
    }

    private NativePlan Make(IReadOnlyDictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> inputs, IReadOnlyDictionary<string, GraphConstant> numbers)
    {
        PlanBuilder builder = PlanBuilder.Build(_graph, inputs.ToDictionary(i => i.Key, i => (i.Value.Channels, i.Value.Height, i.Value.Width)), numbers);
        PlanFuser.Fuse(builder);
        _weights.KeepsTransformed = builder.Operations.Sum(o => (o.Weights?.Dimensions.Aggregate(1L, (product, d) => product * d) ?? 0) * sizeof(float)) <= KeptWeights;
        NativePlan plan = new(builder, _weights);
        _graph = _graph.WithoutConvolutionWeights();
        return plan;
    }
}
