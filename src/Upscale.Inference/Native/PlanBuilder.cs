using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>Turns a graph and the sizes of its inputs into operations, each operator into one at most.</summary>
internal sealed class PlanBuilder
{
    private readonly Dictionary<string, PlanValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphConstant> _constants;

    /// <summary>Constants that are others for other inputs: packed weights, which serve all inputs, must not come of them.</summary>
    private readonly HashSet<string> _passing = new(StringComparer.Ordinal);

    private PlanBuilder(NetworkGraph graph) => _constants = new Dictionary<string, GraphConstant>(graph.Constants, StringComparer.Ordinal);

    /// <summary>The operations in the order of the graph.</summary>
    public List<PlanOperation> Operations { get; } = [];

    /// <summary>What the network takes that is no constant.</summary>
    public Dictionary<string, PlanValue> Inputs { get; } = new(StringComparer.Ordinal);

    /// <summary>What it gives.</summary>
    public Dictionary<string, PlanValue> Outputs { get; } = new(StringComparer.Ordinal);

    /// <summary>Joins of values along the channels: the whole and its parts.</summary>
    public List<(PlanValue Whole, PlanValue[] Parts)> Concatenations { get; } = [];

    /// <summary>Builds.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="sizes">Channels, rows and columns of each input that is a map.</param>
    /// <param name="numbers">The inputs that are numbers.</param>
    /// <exception cref="NotCoveredException">An operator, or the way it is used, is not covered.</exception>
    public static PlanBuilder Build(NetworkGraph graph, IReadOnlyDictionary<string, (int Channels, int Height, int Width)> sizes, IReadOnlyDictionary<string, GraphConstant> numbers)
    {
        var builder = new PlanBuilder(graph);
        foreach (string input in graph.Inputs)
        {
            if (numbers.TryGetValue(input, out GraphConstant? number))
            {
                builder._constants[input] = number;
                builder._passing.Add(input);
            }
            else if (sizes.TryGetValue(input, out (int Channels, int Height, int Width) size))
                builder._values[input] = builder.Inputs[input] = new PlanValue(size.Height, size.Width, size.Channels);
            else
                throw new NotCoveredException($"no size of the input '{input}'");
        }

        foreach (GraphNode node in graph.Nodes)
            builder.Add(node);
        foreach (string output in graph.Outputs)
            builder.Outputs[output] = builder._values.GetValueOrDefault(output) ?? throw new NotCoveredException($"the constant output '{output}'");
        return builder;
    }

    private void Add(GraphNode node)
    {
        if (node.Outputs.Count != 1)
            throw new NotCoveredException($"{node.Type} with {node.Outputs.Count} results");
        string name = node.Outputs[0];
        if (node.Type == "Shape" && _values.TryGetValue(node.Inputs[0], out PlanValue? shaped))
        {
            _constants[name] = GraphConstant.Of(1, shaped.Channels, shaped.Height, shaped.Width);
            _passing.Add(name);
            return;
        }

        if (node.Type != "Conv" && node.Inputs.All(i => i.Length == 0 || _constants.ContainsKey(i)))
        {
            if (_passing.Overlaps(node.Inputs))
                _passing.Add(name);
            _constants[name] = ConstantFolder.Fold(node, [.. node.Inputs.Select(i => _constants.GetValueOrDefault(i))]);
            return;
        }

        _values[name] = node.Type switch
        {
            "Identity" => Value(node, 0),
            "Conv" => Convolution(node),
            "ConvTranspose" => TransposedConvolution(node),
            "Relu" => Activation(node, [0]),
            "LeakyRelu" => Activation(node, [node.Real("alpha", 0.01f)]),
            "PRelu" => Activation(node, Slopes(node)),
            "Sigmoid" => Like(node, PlanKind.Sigmoid),
            "Neg" => Scaled(Value(node, 0), -1, 0),
            "Add" or "Sub" or "Mul" or "Div" => Arithmetic(node),
            "Concat" when node.Number("axis", 1) is 1 or -3 => Concatenation(node),
            "DepthToSpace" => Shuffled(node),
            "SpaceToDepth" => Unshuffled(node),
            "Resize" => Resized(node),
            "Pad" => Padded(node),
            "Slice" => Cropped(node),
            "GlobalAveragePool" => Make(new PlanValue(1, 1, Value(node, 0).Channels), v => new PlanOperation { Kind = PlanKind.Average, Inputs = [Value(node, 0)], Output = v }),
            _ => throw new NotCoveredException(node.Type),
        };
    }

    private PlanValue Make(PlanValue output, Func<PlanValue, PlanOperation> make)
    {
        if (output.Height < 1 || output.Width < 1)
            throw new NotCoveredException("a tile that is too small");
        PlanOperation operation = make(output);
        output.Producer = operation;
        Operations.Add(operation);
        return output;
    }

    /// <summary>An input of a node as a map; a constant of one, three or four dimensions becomes one.</summary>
    private PlanValue Value(GraphNode node, int index)
    {
        string name = node.Inputs[index];
        if (_values.TryGetValue(name, out PlanValue? value))
            return value;
        GraphConstant constant = Constant(node, index);
        int[] shape = constant.Dimensions.Length == 4 ? constant.Dimensions[1..] : constant.Dimensions;
        if (constant.Floats is null || shape.Length is not (3 or 0) || (constant.Dimensions.Length == 4 && constant.Dimensions[0] != 1))
            throw new NotCoveredException($"a constant of {string.Join('x', constant.Dimensions)} in {node.Type}");
        return _values[name] = shape.Length == 0
            ? new PlanValue(1, 1, 1) { Constant = constant.Floats }
            : new PlanValue(shape[1], shape[2], shape[0]) { Constant = constant.Floats };
    }

    private GraphConstant Constant(GraphNode node, int index)
        => Optional(node, index) ?? throw new NotCoveredException($"{node.Type} whose input {index} is not known beforehand");

    private GraphConstant? Optional(GraphNode node, int index)
    {
        if (index >= node.Inputs.Count || node.Inputs[index].Length == 0)
            return null;
        return _constants.TryGetValue(node.Inputs[index], out GraphConstant? constant)
            ? constant
            : throw new NotCoveredException($"{node.Type} whose input {index} is not known beforehand");
    }

    private PlanValue Like(GraphNode node, PlanKind kind)
    {
        PlanValue input = Value(node, 0);
        return Make(new PlanValue(input.Height, input.Width, input.Channels), v => new PlanOperation { Kind = kind, Inputs = [input], Output = v });
    }

    private PlanValue Activation(GraphNode node, float[] slopes)
    {
        PlanValue input = Value(node, 0);
        return Make(new PlanValue(input.Height, input.Width, input.Channels), v => new PlanOperation { Kind = PlanKind.Activate, Inputs = [input], Output = v, Slopes = slopes });
    }

    private float[] Slopes(GraphNode node)
    {
        GraphConstant slopes = Constant(node, 1);
        if (_passing.Contains(node.Inputs[1]))
            throw new NotCoveredException("slopes that depend on the inputs");
        int channels = Value(node, 0).Channels;
        return slopes.Floats is { } floats && (floats.Length == 1 || (floats.Length == channels && slopes.Dimensions is [.., _, 1, 1]))
            ? floats
            : throw new NotCoveredException($"slopes of {string.Join('x', slopes.Dimensions)}");
    }

    private void RequirePlain(GraphNode node)
    {
        if (node.Inputs.Skip(1).Any(_passing.Contains))
            throw new NotCoveredException($"{node.Type} with weights that depend on the inputs");
        if (node.Number("group", 1) != 1 || node.Numbers("dilations").Any(d => d != 1) || node.Text("auto_pad", "NOTSET") != "NOTSET" || node.Numbers("output_padding").Any(p => p != 0)
            || node.Attributes.ContainsKey("output_shape"))
            throw new NotCoveredException($"{node.Type} with groups, dilation or automatic padding");
    }

    private static int Same(long[] numbers)
        => numbers.Distinct().ToArray() is [var one] ? (int)one : throw new NotCoveredException("different strides for rows and columns");

    private PlanValue Convolution(GraphNode node)
    {
        RequirePlain(node);
        PlanValue input = Value(node, 0);
        GraphConstant weights = Constant(node, 1);
        long[] pads = node.Numbers("pads", 0, 0, 0, 0);
        int stride = Same(node.Numbers("strides", 1, 1));
        if (weights.Floats is null || weights.Dimensions is not [_, var channels, var rows, var columns] || channels != input.Channels || pads.Length != 4 || pads.Any(p => p < 0))
            throw new NotCoveredException("a convolution that is not of planes");
        int height = Size(input.Height + pads[0] + pads[2] - rows, stride), width = Size(input.Width + pads[1] + pads[3] - columns, stride);
        return Make(new PlanValue(height, width, weights.Dimensions[0]), v => new PlanOperation
        {
            Kind = PlanKind.Convolve, Inputs = [input], Output = v, Name = node.Outputs[0], Weights = weights, Bias = Optional(node, 2)?.Floats, Stride = stride, Top = (int)pads[0], Left = (int)pads[1],
        });
    }

    private static int Size(long room, int stride) => room < 0 ? 0 : (int)(room / stride) + 1;

    private PlanValue TransposedConvolution(GraphNode node)
    {
        RequirePlain(node);
        PlanValue input = Value(node, 0);
        GraphConstant weights = Constant(node, 1);
        long[] pads = node.Numbers("pads", 0, 0, 0, 0);
        int stride = Same(node.Numbers("strides", 1, 1));
        if (weights.Floats is null || weights.Dimensions is not [var channels, _, var rows, var columns] || channels != input.Channels || pads.Length != 4 || stride > Math.Min(rows, columns))
            throw new NotCoveredException("a transposed convolution that is not of planes");
        int height = ((input.Height - 1) * stride) + rows - (int)(pads[0] + pads[2]), width = ((input.Width - 1) * stride) + columns - (int)(pads[1] + pads[3]);
        return Make(new PlanValue(height, width, weights.Dimensions[1]), v => new PlanOperation
        {
            Kind = PlanKind.ConvolveTransposed, Inputs = [input], Output = v, Name = node.Outputs[0], Weights = weights, Bias = Optional(node, 2)?.Floats, Stride = stride, Top = (int)pads[0], Left = (int)pads[1],
        });
    }

    private PlanValue Scaled(PlanValue input, float factor, float offset)
        => Make(new PlanValue(input.Height, input.Width, input.Channels), v => new PlanOperation { Kind = PlanKind.Scale, Inputs = [input], Output = v, Factor = factor, Offset = offset });

    private PlanValue Arithmetic(GraphNode node)
    {
        Arithmetic arithmetic = node.Type switch { "Add" => Kernels.Arithmetic.Add, "Sub" => Kernels.Arithmetic.Subtract, "Mul" => Kernels.Arithmetic.Multiply, _ => Kernels.Arithmetic.Divide };
        for (int side = 0; side < 2; side++)
        {
            if (_constants.GetValueOrDefault(node.Inputs[side]) is { Floats: [var number] })
            {
                PlanValue other = Value(node, 1 - side);
                return (arithmetic, side) switch
                {
                    (Kernels.Arithmetic.Add, _) => Scaled(other, 1, number),
                    (Kernels.Arithmetic.Multiply, _) => Scaled(other, number, 0),
                    (Kernels.Arithmetic.Subtract, 1) => Scaled(other, 1, -number),
                    (Kernels.Arithmetic.Subtract, 0) => Scaled(other, -1, number),
                    (_, 1) => Scaled(other, 1 / number, 0),
                    _ => throw new NotCoveredException("a number divided by a map"),
                };
            }
        }

        PlanValue a = Value(node, 0), b = Value(node, 1);
        if (arithmetic is Kernels.Arithmetic.Add or Kernels.Arithmetic.Multiply && !Spreads(b, a))
            (a, b) = (b, a);
        if (!Spreads(b, a))
            throw new NotCoveredException($"{node.Type} of {a.Channels}x{a.Height}x{a.Width} and {b.Channels}x{b.Height}x{b.Width}");
        return Make(new PlanValue(a.Height, a.Width, a.Channels), v => new PlanOperation { Kind = PlanKind.Join, Inputs = [a, b], Output = v, Arithmetic = arithmetic });
    }

    private static bool Spreads(PlanValue small, PlanValue large)
        => (small.Channels == large.Channels || small.Channels == 1) && ((small.Height == large.Height && small.Width == large.Width) || (small.Height == 1 && small.Width == 1));

    private PlanValue Concatenation(GraphNode node)
    {
        PlanValue[] parts = [.. node.Inputs.Select((_, i) => Value(node, i))];
        if (parts.Any(p => p.Height != parts[0].Height || p.Width != parts[0].Width))
            throw new NotCoveredException("maps of different sizes side by side");
        var whole = new PlanValue(parts[0].Height, parts[0].Width, parts.Sum(p => p.Channels));
        Concatenations.Add((whole, parts));

        // Where a part cannot be made in its place, a copy is made of it: the operation that stands here until then.
        return Make(whole, v => new PlanOperation { Kind = PlanKind.Copy, Inputs = parts, Output = v });
    }

    private PlanValue Shuffled(GraphNode node)
    {
        PlanValue input = Value(node, 0);
        int block = node.Number("blocksize", 1);
        if (block < 1 || input.Channels % (block * block) != 0)
            throw new NotCoveredException("blocks that do not fit the channels");
        return Make(new PlanValue(input.Height * block, input.Width * block, input.Channels / (block * block)), v => new PlanOperation
        {
            Kind = PlanKind.Shuffle, Inputs = [input], Output = v, Stride = block, ChannelsFirst = node.Text("mode", "DCR") == "CRD",
        });
    }

    private PlanValue Unshuffled(GraphNode node)
    {
        PlanValue input = Value(node, 0);
        int block = node.Number("blocksize", 1);
        if (block < 1 || input.Height % block != 0 || input.Width % block != 0)
            throw new NotCoveredException("blocks that do not fit the tile");
        return Make(new PlanValue(input.Height / block, input.Width / block, input.Channels * block * block), v => new PlanOperation { Kind = PlanKind.Unshuffle, Inputs = [input], Output = v, Stride = block });
    }

    private PlanValue Resized(GraphNode node)
    {
        PlanValue input = Value(node, 0);
        if (Optional(node, 2) is not { Floats: [1, 1, var down, var across] } || Optional(node, 1) is { Length: > 0 } || down < 1 || across < 1 || down != MathF.Floor(down) || across != MathF.Floor(across))
            throw new NotCoveredException("a resize by no whole factor");
        PlanKind kind = (node.Text("mode", "nearest"), node.Text("coordinate_transformation_mode", "half_pixel"), node.Text("nearest_mode", "round_prefer_floor")) switch
        {
            ("nearest", "asymmetric", "floor") => PlanKind.Nearest,
            ("linear", "half_pixel", _) => PlanKind.Bilinear,
            _ => throw new NotCoveredException("this kind of resize"),
        };
        return Make(new PlanValue(input.Height * (int)down, input.Width * (int)across, input.Channels), v => new PlanOperation { Kind = kind, Inputs = [input], Output = v });
    }

    private PlanValue Padded(GraphNode node)
    {
        PlanValue input = Value(node, 0);
        if (Constant(node, 1).Integers is not [0, 0, var top, var left, 0, 0, var bottom, var right] || node.Inputs.Count > 3 || Optional(node, 2) is { Floats: not [0] })
            throw new NotCoveredException("this kind of border");
        Padding padding = node.Text("mode", "constant") switch { "constant" => Padding.Zero, "reflect" => Padding.Reflect, "edge" => Padding.Edge, _ => throw new NotCoveredException("this kind of border") };
        if (padding == Padding.Reflect && (Math.Max(top, bottom) >= input.Height || Math.Max(left, right) >= input.Width))
            throw new NotCoveredException("a border that is wider than the tile");
        return Make(new PlanValue(input.Height + (int)(top + bottom), input.Width + (int)(left + right), input.Channels), v => new PlanOperation
        {
            Kind = PlanKind.Pad, Inputs = [input], Output = v, Top = (int)top, Left = (int)left, Padding = padding,
        });
    }

    private PlanValue Cropped(GraphNode node)
    {
        PlanValue input = Value(node, 0);
        long[] starts = Constant(node, 1).Integers ?? [], ends = Constant(node, 2).Integers ?? [];
        long[] axes = Optional(node, 3)?.Integers ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        if (Optional(node, 4) is { } steps && steps.Integers!.Any(s => s != 1))
            throw new NotCoveredException("a slice with steps");
        int[] from = [0, 0, 0, 0], to = [1, input.Channels, input.Height, input.Width];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = (int)(axes[i] < 0 ? axes[i] + 4 : axes[i]), size = to[axis];
            from[axis] = (int)Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, size);
            to[axis] = (int)Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], 0, size);
        }

        if (to[0] - from[0] != 1 || to[1] <= from[1] || to[2] <= from[2] || to[3] <= from[3])
            throw new NotCoveredException("an empty slice");
        return new PlanValue(to[2] - from[2], to[3] - from[3], to[1] - from[1]) { Whole = input, First = from[1], Top = from[2], Left = from[3] };
    }
}
