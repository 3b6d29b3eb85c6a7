using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Upscale.Inference.Native;

/// <summary>
/// Reads operators and weights of an ONNX file that <see cref="OnnxScanner"/> has looked through. Half precision is widened.
/// Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
/// </summary>
internal sealed class GraphReader
{
    private const int Int32 = 6;
    private const int Int64 = 7;
    private const int Double = 11;
    private readonly Stream _stream;
    private readonly ProtobufReader _reader;
    private readonly string _folder;
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphConstant> _constants = [];
    private readonly List<string> _inputs = [];
    private readonly List<string> _outputs = [];

    private GraphReader(Stream stream, string folder) => (_stream, _reader, _folder) = (stream, new ProtobufReader(stream), folder);

    /// <summary>Reads a file.</summary>
    /// <exception cref="NotCoveredException">It has something that is not read.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static NetworkGraph Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
        return Read(stream, Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads a stream.</summary>
    /// <param name="stream">Seekable, at its start.</param>
    /// <param name="folder">Where other files with weights lie.</param>
    public static NetworkGraph Read(Stream stream, string folder)
    {
        var reader = new GraphReader(stream, folder);
        reader.Each(stream.Length, (field, wire, end) =>
        {
            if (field == 7)
                reader.Graph(reader._reader.Enter(wire, end));
            else if (field is 20 or 25)
                throw new NotCoveredException("training or functions");
            else
                reader._reader.Skip(wire, end);
        });
        return new NetworkGraph(reader._nodes, reader._constants, [.. reader._inputs.Where(i => !reader._constants.ContainsKey(i))], reader._outputs);
    }

    private void Each(long end, Action<int, int, long> read)
    {
        while (_reader.Next(end, out int field, out int wire))
            read(field, wire, end);
    }

    private void Graph(long graphEnd) => Each(graphEnd, (field, wire, end) =>
    {
        switch (field)
        {
            case 1:
                Node(_reader.Enter(wire, end));
                break;
            case 5:
                (string name, GraphConstant constant) = Tensor(_reader.Enter(wire, end));
                _constants[name] = constant;
                break;
            case 11:
                _inputs.Add(ValueName(_reader.Enter(wire, end)));
                break;
            case 12:
                _outputs.Add(ValueName(_reader.Enter(wire, end)));
                break;
            case 15:
                throw new NotCoveredException("sparse weights");
            default:
                _reader.Skip(wire, end);
                break;
        }
    });

    private string ValueName(long valueEnd)
    {
        string name = "";
        Each(valueEnd, (field, wire, end) =>
        {
            if (field == 1)
                name = _reader.ReadText(wire, end);
            else
                _reader.Skip(wire, end);
        });
        return name;
    }

    private void Node(long nodeEnd)
    {
        string type = "", domain = "";
        List<string> inputs = [], outputs = [];
        Dictionary<string, GraphAttribute> attributes = [];
        Each(nodeEnd, (field, wire, end) =>
        {
            switch (field)
            {
                case 1:
                    inputs.Add(_reader.ReadText(wire, end));
                    break;
                case 2:
                    outputs.Add(_reader.ReadText(wire, end));
                    break;
                case 4:
                    type = _reader.ReadText(wire, end);
                    break;
                case 5:
                    (string name, GraphAttribute attribute) = Attribute(_reader.Enter(wire, end));
                    attributes[name] = attribute;
                    break;
                case 7:
                    domain = _reader.ReadText(wire, end);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        });
        _nodes.Add(new GraphNode(domain is "" or "ai.onnx" ? type : $"{domain}:{type}", inputs, outputs, attributes));
    }

    private (string Name, GraphAttribute Attribute) Attribute(long attributeEnd)
    {
        string name = "", text = "";
        float real = 0;
        long number = 0;
        List<long> numbers = [];
        GraphConstant? constant = null;
        Each(attributeEnd, (field, wire, end) =>
        {
            switch (field)
            {
                case 1:
                    name = _reader.ReadText(wire, end);
                    break;
                case 2:
                    real = BinaryPrimitives.ReadSingleLittleEndian(Bytes(4, end));
                    break;
                case 3:
                    number = _reader.ReadNumber(wire, end);
                    break;
                case 4:
                    text = _reader.ReadText(wire, end);
                    break;
                case 5:
                    constant = Tensor(_reader.Enter(wire, end)).Constant;
                    break;
                case 8:
                    _reader.ReadNumbers(wire, end, numbers.Add);
                    break;
                case 6 or 11:
                    throw new NotCoveredException("graphs in operators");
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        });
        return (name, new GraphAttribute(real, number, text, [.. numbers], constant));
    }

    private (string Name, GraphConstant Constant) Tensor(long tensorEnd)
    {
        string name = "";
        List<int> dimensions = [];
        int type = 0;
        byte[] raw = [];
        List<long> numbers = [];
        Dictionary<string, string> entries = [];
        Each(tensorEnd, (field, wire, end) =>
        {
            switch (field)
            {
                case 1:
                    _reader.ReadNumbers(wire, end, d => dimensions.Add(checked((int)d)));
                    break;
                case 2:
                    type = (int)_reader.ReadNumber(wire, end);
                    break;
                case 4 or 9 when wire == ProtobufReader.Bytes:
                    raw = Bytes(_reader.Enter(wire, end) - _stream.Position, end);
                    break;
                case 5 or 7:
                    _reader.ReadNumbers(wire, end, numbers.Add);
                    break;
                case 8:
                    name = _reader.ReadText(wire, end);
                    break;
                case 13:
                    _reader.ReadEntry(_reader.Enter(wire, end), entries);
                    break;
                default:
                    _reader.Skip(wire, end);
                    break;
            }
        });
        if (entries.Count > 0)
            raw = External(ExternalTensor.Parse(entries));
        int length = dimensions.Aggregate(1, (product, d) => checked(product * d));
        int[] shape = [.. dimensions];
        GraphConstant constant = type switch
        {
            OnnxTypes.Float => new(shape, Copy<float>(raw), null),
            OnnxTypes.Half when raw.Length > 0 => new(shape, [.. Copy<Half>(raw).Select(h => (float)h)], null),
            OnnxTypes.Half => new(shape, [.. numbers.Select(n => (float)BitConverter.UInt16BitsToHalf((ushort)n))], null),
            Double => new(shape, [.. Copy<double>(raw).Select(d => (float)d)], null),
            Int64 => new(shape, null, raw.Length > 0 ? Copy<long>(raw) : [.. numbers]),
            Int32 => new(shape, null, raw.Length > 0 ? [.. Copy<int>(raw).Select(i => (long)i)] : [.. numbers]),
            _ => throw new NotCoveredException($"weights of {OnnxTypes.Name(type)}"),
        };
        return constant.Length == length ? (name, constant) : throw new NotCoveredException($"'{name}' has {constant.Length} of {length} numbers");
    }

    private byte[] External(ExternalTensor tensor)
    {
        using FileStream file = new(tensor.Resolve(_folder), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        file.Position = tensor.Offset ?? 0;
        byte[] bytes = new byte[tensor.Length ?? (file.Length - file.Position)];
        file.ReadExactly(bytes);
        return bytes;
    }

    private byte[] Bytes(long length, long end)
    {
        if (length > end - _stream.Position || length > Array.MaxLength)
            throw new InvalidDataException("A field is cut off.");
        byte[] bytes = new byte[length];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private static T[] Copy<T>(byte[] raw) where T : unmanaged => MemoryMarshal.Cast<byte, T>(raw).ToArray();
}
