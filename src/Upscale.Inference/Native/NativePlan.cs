using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>
/// A network for inputs of one size: steps in order, and where in one block of memory each feature map lies. Maps that are not needed at the
/// same time share memory.
/// </summary>
internal sealed class NativePlan
{
    private readonly List<Action<nint, KernelTeam>> _steps = [];
    private readonly PlanBuilder _plan;

    /// <param name="plan">Fused.</param>
    /// <param name="weights">Asked for the convolutions.</param>
    public NativePlan(PlanBuilder plan, KernelWeights weights)
    {
        _plan = plan;
        Floats = Allocate(plan);
        foreach (PlanOperation operation in plan.Operations)
            _steps.Add(Step(operation, weights));
    }

    /// <summary>Floats of the memory that a run needs.</summary>
    public long Floats { get; }

    /// <summary>Multiplications and additions of its convolutions, counted as plain ones.</summary>
    public double Operations => _plan.Operations.Sum(o => o.Operations);

    /// <summary>What the network gives, by name.</summary>
    public IReadOnlyDictionary<string, PlanValue> Outputs => _plan.Outputs;

    /// <summary>Runs.</summary>
    /// <param name="memory">At least <see cref="Floats"/> floats, 64-byte aligned.</param>
    /// <param name="inputs">Planes by name.</param>
    /// <param name="outputs">Planes by name.</param>
    /// <param name="team">Who computes.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    public void Run(nint memory, IReadOnlyDictionary<string, ReadOnlyMemory<float>> inputs, IReadOnlyDictionary<string, Memory<float>> outputs, KernelTeam team, CancellationToken cancellationToken)
    {
        foreach ((string name, PlanValue value) in _plan.Inputs)
            MapKernels.FromPlanes(inputs[name].Span, value.Map(memory), team);
        foreach (PlanValue constant in Constants(_plan))
            MapKernels.FromPlanes(constant.Constant, constant.Map(memory), team);
        foreach (Action<nint, KernelTeam> step in _steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            step(memory, team);
        }

        foreach ((string name, Memory<float> planes) in outputs)
            MapKernels.ToPlanes(_plan.Outputs[name].Map(memory), planes.Span, team);
    }

    private static IEnumerable<PlanValue> Constants(PlanBuilder plan)
        => plan.Operations.SelectMany(o => o.Reads).Select(v => v.Root).Where(v => v.Constant is not null).Distinct();

    /// <summary>Gives each map its place: the lowest where nothing lies that is needed at the same time.</summary>
    private static long Allocate(PlanBuilder plan)
    {
        Dictionary<PlanValue, (int First, int Last)> lives = [];
        foreach (PlanValue value in plan.Inputs.Values.Concat(Constants(plan)))
            Use(value, -1);
        for (int step = 0; step < plan.Operations.Count; step++)
        {
            foreach (PlanValue value in plan.Operations[step].Reads.Append(plan.Operations[step].Output))
                Use(value, step);
        }

        foreach (PlanValue value in plan.Outputs.Values)
            Use(value, plan.Operations.Count);
        List<PlanValue> placed = [];
        long end = 0;
        foreach ((PlanValue value, (int first, int last)) in lives.OrderByDescending(l => l.Key.Floats).ThenBy(l => l.Value.First))
        {
            long offset = 0, size = Rounded(value);
            foreach (PlanValue other in placed.Where(p => lives[p].First <= last && first <= lives[p].Last).OrderBy(p => p.Offset))
            {
                if (other.Offset - offset >= size)
                    break;
                offset = Math.Max(offset, other.Offset + Rounded(other));
            }

            value.Offset = offset;
            placed.Add(value);
            end = Math.Max(end, offset + size);
        }

        return end;

        void Use(PlanValue value, int step)
        {
            PlanValue root = value.Root;
            lives[root] = lives.TryGetValue(root, out (int First, int Last) life) ? (Math.Min(life.First, step), Math.Max(life.Last, step)) : (step, step);
        }
    }

    /// <summary>Whole cache lines, and one more, so that maps of a power of two do not fall into the same sets of the cache.</summary>
    private static long Rounded(PlanValue value) => ((value.Floats + 15) / 16 * 16) + 16;

    private static Action<nint, KernelTeam> Step(PlanOperation o, KernelWeights weights)
    {
        PlanValue first = o.Inputs[0], output = o.Output;
        switch (o.Kind)
        {
            case PlanKind.Convolve:
                Convolution convolution = weights.Convolution(o);
                return (m, team) => convolution.Run(first.Map(m), output.Map(m), o.Stride, o.Top, o.Left, Padding.Zero, FinishOf(o, m), team);
            case PlanKind.ConvolveTransposed:
                TransposedConvolution transposed = weights.Transposed(o);
                return (m, team) => transposed.Run(first.Map(m), output.Map(m), FinishOf(o, m), team);
            case PlanKind.Shuffle:
                return (m, team) => MapKernels.PixelShuffle(first.Map(m), output.Map(m), o.Stride, o.ChannelsFirst, team);
            case PlanKind.Unshuffle:
                return (m, team) => MapKernels.PixelUnshuffle(first.Map(m), output.Map(m), o.Stride, false, team);
            case PlanKind.Nearest:
                return (m, team) => MapKernels.ResizeNearest(first.Map(m), output.Map(m), team);
            case PlanKind.Bilinear:
                return (m, team) => MapKernels.ResizeBilinear(first.Map(m), output.Map(m), team);
            case PlanKind.Pad or PlanKind.Copy:
                return (m, team) => MapKernels.Pad(first.Map(m), output.Map(m), o.Top, o.Left, o.Padding, team);
            case PlanKind.Scale:
                return (m, team) => MapKernels.Scale(first.Map(m), o.Factor, o.Offset, output.Map(m), team);
            case PlanKind.Activate:
                return (m, team) => MapKernels.Activate(first.Map(m), o.Factor, o.Slopes!, output.Map(m), team);
            case PlanKind.Sigmoid:
                return (m, team) => MapKernels.Sigmoid(first.Map(m), output.Map(m), team);
            case PlanKind.Average:
                return (m, team) => MapKernels.GlobalAverage(first.Map(m), output.Map(m), team);
            default:
                return (m, team) => MapKernels.Join(o.Arithmetic, first.Map(m), o.Inputs[1].Map(m), output.Map(m), team);
        }
    }

    private static Finish FinishOf(PlanOperation o, nint memory)
    {
        return new Finish { Scale = o.Factor, Residual = Spread(o.Residual), ActivateLast = o.ActivateLast, OuterScale = o.OuterFactor, OuterResidual = Spread(o.OuterResidual) };

        FeatureMap? Spread(PlanValue? value) => value?.Map(memory) switch
        {
            { Height: 1, Width: 1 } one => one with { Height = o.Output.Height, Width = o.Output.Width, RowStride = 0, PixelStride = 0 },
            var map => map,
        };
    }
}
