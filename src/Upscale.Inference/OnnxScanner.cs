namespace Upscale.Inference;

/// <summary>
/// What can be told of an ONNX file before ONNX Runtime sees it: which other files it would read, which operators it needs,
/// how many weights it has, what it takes and gives. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
/// </summary>
internal sealed class OnnxScanner
{
    private const int MaxDepth = 32;
    private static readonly HashSet<string> s_randomOperators = [":RandomNormal", ":RandomNormalLike", ":RandomUniform", ":RandomUniformLike", ":Multinomial", ":Bernoulli"];
    private readonly ProtobufReader _reader;
    private readonly HashSet<string> _functions = [];
    private readonly List<TensorInfo> _inputs = [];
    private readonly HashSet<string> _initializers = [];
    private readonly HashSet<string> _halfInitializers = [];
    private readonly HashSet<string> _operands = [];
    private bool _hasHalf;
    private int _depth;

    private OnnxScanner(Stream stream) => _reader = new ProtobufReader(stream);

    /// <summary>Weights that lie in other files.</summary>
    public List<ExternalTensor> External { get; } = [];

    /// <summary>Operators as <c>domain:type</c>; those of the standard domain as <c>:type</c>.</summary>
    public HashSet<string> Operators { get; } = [];

    /// <summary>True when the graph draws random numbers.</summary>
    public bool IsRandom => s_randomOperators.Overlaps(Operators);

    /// <summary>Number of weights, constants included.</summary>
    public long Parameters { get; private set; }

    /// <summary>True when there is a graph with at least one node.</summary>
    public bool HasGraph { get; private set; }

    /// <summary>What the graph takes, in its order: weights that are listed as inputs too are none. A shape that is not declared has no dimensions.</summary>
    public IReadOnlyList<TensorInfo> Inputs => [.. _inputs.Where(i => !_initializers.Contains(i.Name))];

    /// <summary>What the graph gives, in its order.</summary>
    public List<TensorInfo> Outputs { get; } = [];

    /// <summary>True when it computes in float16: weights that are only stored so, and cast before they are used, do not count.</summary>
    public bool ComputesInHalf => _hasHalf || _halfInitializers.Overlaps(_operands);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InvalidDataException">It is no protobuf, or is cut off.</exception>
    public static OnnxScanner Scan(Stream stream)
    {
        OnnxScanner scanner = new(stream);
        scanner.Model(stream.Length);
        scanner.Operators.ExceptWith(scanner._functions);
        scanner._hasHalf |= scanner._inputs.Concat(scanner.Outputs).Any(t => t.Type == TensorCodec.Float16);
        return scanner;
    }

    private void Model(long end)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 7:
                    Message(wire, end, MainGraph);
                    break;
                case 20:
                    Message(wire, end, Training);
                    break;
                case 25:
                    Message(wire, end, Function);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }
    }

    private void Training(long end)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field is 1 or 2)
                Message(wire, end, Graph);
            else
                _reader.Skip(wire, end);
        }
    }

    private void Function(long end)
    {
        string name = "", domain = "";
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                name = _reader.ReadText(wire, end);
            else if (field == 10)
                domain = _reader.ReadText(wire, end);
            else if (field == 7)
                Message(wire, end, Node);
            else if (field == 11)
                Message(wire, end, Attribute);
            else
                _reader.Skip(wire, end);
        }

        _functions.Add($"{domain}:{name}");
    }

    private void MainGraph(long end) => Graph(end, isMain: true);

    private void Graph(long end) => Graph(end, isMain: false);

    private void Graph(long end, bool isMain)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 1:
                    HasGraph = true;
                    Message(wire, end, Node);
                    break;
                case 5:
                    Message(wire, end, tensorEnd => Initializer(Tensor(tensorEnd), isMain));
                    break;
                case 15:
                    Message(wire, end, tensorEnd => Initializer(SparseTensor(tensorEnd), isMain));
                    break;
                case 11 when isMain:
                    Message(wire, end, valueEnd => _inputs.Add(Value(valueEnd)));
                    break;
                case 12 when isMain:
                    Message(wire, end, valueEnd => Outputs.Add(Value(valueEnd)));
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }
    }

    private void Initializer((string Name, bool IsHalf) tensor, bool isMain)
    {
        if (isMain)
            _initializers.Add(tensor.Name);
        if (tensor.IsHalf)
            _halfInitializers.Add(tensor.Name);
    }

    private TensorInfo Value(long end)
    {
        TensorInfo value = new("", "unknown", []);
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                value = value with { Name = _reader.ReadText(wire, end) };
            else if (field == 2)
                Message(wire, end, typeEnd => value = Type(typeEnd, value));
            else
                _reader.Skip(wire, end);
        }

        return value;
    }

    private TensorInfo Type(long end, TensorInfo value)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
            {
                Message(wire, end, tensorEnd => value = TensorType(tensorEnd, value));
                continue;
            }

            string? kind = field switch { 4 => "sequence", 5 => "map", 8 => "sparse", 9 => "optional", _ => null };
            value = value with { Type = kind ?? value.Type };
            _reader.Skip(wire, end);
        }

        return value;
    }

    private TensorInfo TensorType(long end, TensorInfo value)
    {
        List<int> dimensions = [];
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                value = value with { Type = OnnxTypes.Name((int)_reader.ReadNumber(wire, end)) };
            else if (field == 2)
                Message(wire, end, shapeEnd => Shape(shapeEnd, dimensions));
            else
                _reader.Skip(wire, end);
        }

        return value with { Dimensions = dimensions };
    }

    private void Shape(long end, List<int> dimensions)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                Message(wire, end, dimensionEnd => dimensions.Add(Dimension(dimensionEnd)));
            else
                _reader.Skip(wire, end);
        }
    }

    private int Dimension(long end)
    {
        int size = -1;
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                size = _reader.ReadNumber(wire, end) is > 0 and <= int.MaxValue and var value ? (int)value : -1;
            else
                _reader.Skip(wire, end);
        }

        return size;
    }

    private void Node(long end)
    {
        string type = "", domain = "";
        List<string> operands = [];
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                operands.Add(_reader.ReadText(wire, end));
            else if (field == 4)
                type = _reader.ReadText(wire, end);
            else if (field == 7)
                domain = _reader.ReadText(wire, end);
            else if (field == 5)
                Message(wire, end, Attribute);
            else
                _reader.Skip(wire, end);
        }

        Operators.Add($"{(domain == "ai.onnx" ? "" : domain)}:{type}");
        if (type != "Cast")
            _operands.UnionWith(operands);
    }

    private void Attribute(long end)
    {
        string name = "";
        long number = 0;
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 1:
                    name = _reader.ReadText(wire, end);
                    break;
                case 3:
                    number = _reader.ReadNumber(wire, end);
                    break;
                case 5 or 10:
                    Message(wire, end, tensorEnd => _hasHalf |= Tensor(tensorEnd).IsHalf);
                    break;
                case 6 or 11:
                    Message(wire, end, Graph);
                    break;
                case 22 or 23:
                    Message(wire, end, tensorEnd => _hasHalf |= SparseTensor(tensorEnd).IsHalf);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }

        _hasHalf |= number == OnnxTypes.Half && OnnxTypes.Attributes.Contains(name);
    }

    /// <returns>Name and type of its values.</returns>
    private (string Name, bool IsHalf) SparseTensor(long end)
    {
        (string, bool) values = ("", false);
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                Message(wire, end, tensorEnd => values = Tensor(tensorEnd));
            else if (field == 2)
                Message(wire, end, tensorEnd => Tensor(tensorEnd));
            else
                _reader.Skip(wire, end);
        }

        return values;
    }

    private (string Name, bool IsHalf) Tensor(long end)
    {
        string name = "";
        bool isHalf = false;
        double elements = 1;
        bool external = false;
        Dictionary<string, string> entries = [];
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 1:
                    _reader.ReadNumbers(wire, end, dimension => elements *= Math.Max(dimension, 0));
                    break;
                case 2:
                    isHalf = _reader.ReadNumber(wire, end) == OnnxTypes.Half;
                    break;
                case 8:
                    name = _reader.ReadText(wire, end);
                    break;
                case 13:
                    Message(wire, end, entryEnd => _reader.ReadEntry(entryEnd, entries));
                    break;
                case 14:
                    _reader.ReadNumbers(wire, end, location => external = location == 1);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }

        Parameters += (long)Math.Min(elements, 1e15);
        if (external || entries.Count > 0)
            External.Add(ExternalTensor.Parse(entries));
        return (name, isHalf);
    }

    private void Message(int wire, long end, Action<long> read)
    {
        if (++_depth > MaxDepth)
            throw new InvalidDataException("The graphs are nested too deeply.");
        read(_reader.Enter(wire, end));
        _depth--;
    }
}
