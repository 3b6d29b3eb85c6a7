namespace Upscale.Inference;

/// <summary>
/// What can be told of an ONNX file before ONNX Runtime sees it: which other files it would read, which operators it needs,
/// how many weights it has. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
/// </summary>
internal sealed class OnnxScanner
{
    private const int MaxDepth = 32;
    private readonly ProtobufReader _reader;
    private readonly HashSet<string> _functions = [];
    private int _depth;

    private OnnxScanner(Stream stream) => _reader = new ProtobufReader(stream);

    /// <summary>Weights that lie in other files.</summary>
    public List<ExternalTensor> External { get; } = [];

    /// <summary>Operators as <c>domain:type</c>; those of the standard domain as <c>:type</c>.</summary>
    public HashSet<string> Operators { get; } = [];

    /// <summary>Number of weights, constants included.</summary>
    public long Parameters { get; private set; }

    /// <summary>True when there is a graph with at least one node.</summary>
    public bool HasGraph { get; private set; }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InvalidDataException">It is no protobuf, or is cut off.</exception>
    public static OnnxScanner Scan(Stream stream)
    {
        OnnxScanner scanner = new(stream);
        scanner.Model(stream.Length);
        scanner.Operators.ExceptWith(scanner._functions);
        return scanner;
    }

    private void Model(long end)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 7:
                    Message(wire, end, Graph);
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

    private void Graph(long end)
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
                    Message(wire, end, Tensor);
                    break;
                case 15:
                    Message(wire, end, SparseTensor);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }
    }

    private void Node(long end)
    {
        string type = "", domain = "";
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 4)
                type = _reader.ReadText(wire, end);
            else if (field == 7)
                domain = _reader.ReadText(wire, end);
            else if (field == 5)
                Message(wire, end, Attribute);
            else
                _reader.Skip(wire, end);
        }

        Operators.Add($"{(domain == "ai.onnx" ? "" : domain)}:{type}");
    }

    private void Attribute(long end)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            switch (field)
            {
                case 5 or 10:
                    Message(wire, end, Tensor);
                    break;
                case 6 or 11:
                    Message(wire, end, Graph);
                    break;
                case 22 or 23:
                    Message(wire, end, SparseTensor);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        }
    }

    private void SparseTensor(long end)
    {
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field is 1 or 2)
                Message(wire, end, Tensor);
            else
                _reader.Skip(wire, end);
        }
    }

    private void Tensor(long end)
    {
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
                case 13:
                    Message(wire, end, entryEnd => Entry(entryEnd, entries));
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
            External.Add(new ExternalTensor(entries.GetValueOrDefault("location", ""), Number(entries, "offset"), Number(entries, "length")));
    }

    private static long? Number(Dictionary<string, string> entries, string key)
    {
        if (!entries.TryGetValue(key, out string? text))
            return null;
        return long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new InvalidDataException($"The {key} of weights in another file is '{text}'.");
    }

    private void Entry(long end, Dictionary<string, string> entries)
    {
        string key = "", value = "";
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                key = _reader.ReadText(wire, end);
            else if (field == 2)
                value = _reader.ReadText(wire, end);
            else
                _reader.Skip(wire, end);
        }

        entries[key] = value;
    }

    private void Message(int wire, long end, Action<long> read)
    {
        if (++_depth > MaxDepth)
            throw new InvalidDataException("The graphs are nested too deeply.");
        read(_reader.Enter(wire, end));
        _depth--;
    }
}
