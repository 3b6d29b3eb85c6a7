using System.Runtime.InteropServices;

namespace Upscale.Inference;

/// <summary>
/// Makes a float32 network of one that computes in float16: weights, declared types, and the types that operators are told to give. Weights in other
/// files come into the result. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
/// </summary>
internal sealed class OnnxWidener
{
    private readonly string _path;
    private readonly ProtobufReader _reader;

    private OnnxWidener(string path, Stream stream)
    {
        _path = path;
        _reader = new ProtobufReader(stream);
    }

    private delegate bool FieldChange(int field, int wire, OnnxPieces target);

    /// <summary>Widens a file.</summary>
    /// <param name="path">Full path of one that <see cref="ModelFile.Read"/> found good.</param>
    /// <returns>The ONNX file; null when it would be larger than a file in memory can be (2 GB).</returns>
    public static byte[]? Widen(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        OnnxPieces model = new OnnxWidener(path, stream).Model(stream.Length);
        return model.Length > Array.MaxLength ? null : model.ToArray();
    }

    private OnnxPieces Model(long end) => Rewrite(end, (field, wire, target) => field switch
    {
        7 => Put(target, field, Graph(_reader.Enter(wire, end))),
        25 => Put(target, field, Function(_reader.Enter(wire, end))),
        _ => false,
    });

    private OnnxPieces Graph(long end) => Rewrite(end, (field, wire, target) => field switch
    {
        1 => Put(target, field, Node(_reader.Enter(wire, end))),
        5 => Put(target, field, Tensor(_reader.Enter(wire, end))),
        11 or 12 or 13 => Put(target, field, Value(_reader.Enter(wire, end))),
        15 => Put(target, field, SparseTensor(_reader.Enter(wire, end))),
        _ => false,
    });

    private OnnxPieces Function(long end) => Rewrite(end, (field, wire, target) => field switch
    {
        7 => Put(target, field, Node(_reader.Enter(wire, end))),
        11 => Put(target, field, Attribute(_reader.Enter(wire, end))),
        12 => Put(target, field, Value(_reader.Enter(wire, end))),
        _ => false,
    });

    private OnnxPieces Node(long end) => Rewrite(end, (field, wire, target) => field == 5 && Put(target, field, Attribute(_reader.Enter(wire, end))));

    private OnnxPieces Attribute(long end)
    {
        // The name may stand behind the value.
        long start = _reader.Position;
        string name = "";
        long number = 0;
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 1)
                name = _reader.ReadText(wire, end);
            else if (field == 3)
                number = _reader.ReadNumber(wire, end);
            else
                _reader.Skip(wire, end);
        }

        bool isType = number == OnnxTypes.Half && OnnxTypes.Attributes.Contains(name);
        _reader.Position = start;
        return Rewrite(end, (field, wire, target) =>
        {
            switch (field)
            {
                case 3 when isType:
                    _reader.Skip(wire, end);
                    target.AddNumber(field, OnnxTypes.Float);
                    return true;
                case 5 or 10:
                    return Put(target, field, Tensor(_reader.Enter(wire, end)));
                case 6 or 11:
                    return Put(target, field, Graph(_reader.Enter(wire, end)));
                case 14 or 15:
                    return Put(target, field, Type(_reader.Enter(wire, end)));
                case 22 or 23:
                    return Put(target, field, SparseTensor(_reader.Enter(wire, end)));
                default:
                    return false;
            }
        });
    }

    private OnnxPieces Value(long end) => Rewrite(end, (field, wire, target) => field == 2 && Put(target, field, Type(_reader.Enter(wire, end))));

    /// <summary>Of a tensor, sparse or not; or of what holds some: sequence, map, optional.</summary>
    private OnnxPieces Type(long end) => Rewrite(end, (field, wire, target) => field switch
    {
        1 or 8 => Put(target, field, TensorType(_reader.Enter(wire, end))),
        4 or 9 => Put(target, field, Holder(_reader.Enter(wire, end), 1)),
        5 => Put(target, field, Holder(_reader.Enter(wire, end), 2)),
        _ => false,
    });

    private OnnxPieces Holder(long end, int held) => Rewrite(end, (field, wire, target) => field == held && Put(target, field, Type(_reader.Enter(wire, end))));

    private OnnxPieces TensorType(long end) => Rewrite(end, (field, wire, target) =>
    {
        if (field != 1)
            return false;
        long type = _reader.ReadNumber(wire, end);
        target.AddNumber(field, type == OnnxTypes.Half ? OnnxTypes.Float : (int)type);
        return true;
    });

    private OnnxPieces SparseTensor(long end)
        => Rewrite(end, (field, wire, target) => field is 1 or 2 && Put(target, field, Tensor(_reader.Enter(wire, end))));

    private OnnxPieces Tensor(long end)
    {
        long start = _reader.Position;
        bool isHalf = false, isExternal = false;
        Dictionary<string, string> entries = [];
        while (_reader.Next(end, out int field, out int wire))
        {
            if (field == 2)
                isHalf = _reader.ReadNumber(wire, end) == OnnxTypes.Half;
            else if (field == 13)
                _reader.ReadEntry(_reader.Enter(wire, end), entries);
            else if (field == 14)
                isExternal = _reader.ReadNumber(wire, end) == 1;
            else
                _reader.Skip(wire, end);
        }

        // Numbers of float16 may also be written as whole numbers with the same bits, in one list or one by one.
        List<float> numbers = [];
        _reader.Position = start;
        OnnxPieces tensor = Rewrite(end, (field, wire, target) =>
        {
            switch (field)
            {
                case 2 when isHalf:
                    _reader.Skip(wire, end);
                    target.AddNumber(field, OnnxTypes.Float);
                    return true;
                case 5 when isHalf:
                    _reader.ReadNumbers(wire, end, bits => numbers.Add((float)BitConverter.UInt16BitsToHalf((ushort)bits)));
                    return true;
                case 9 when isHalf:
                    long dataEnd = _reader.Enter(wire, end);
                    OnnxPieces data = new();
                    data.AddWidened(_path, _reader.Position, dataEnd - _reader.Position);
                    _reader.Position = dataEnd;
                    return Put(target, field, data);
                case 13 or 14:
                    _reader.Skip(wire, end);
                    return true;
                default:
                    return false;
            }
        });
        if (numbers.Count > 0)
        {
            OnnxPieces data = new();
            data.Add(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(numbers)).ToArray());
            tensor.AddMessage(9, data);
        }

        if (isExternal || entries.Count > 0)
            tensor.AddMessage(9, External(ExternalTensor.Parse(entries), isHalf));
        return tensor;
    }

    private OnnxPieces External(ExternalTensor tensor, bool isHalf)
    {
        string path = tensor.Resolve(Path.GetDirectoryName(_path)!);
        long offset = tensor.Offset ?? 0, length = tensor.Length ?? (new FileInfo(path).Length - offset);
        OnnxPieces data = new();
        if (isHalf)
            data.AddWidened(path, offset, length);
        else
            data.Add(path, offset, length);
        return data;
    }

    private static bool Put(OnnxPieces target, int field, OnnxPieces content)
    {
        target.AddMessage(field, content);
        return true;
    }

    /// <summary>Copies the fields of a message but for those that are changed.</summary>
    private OnnxPieces Rewrite(long end, FieldChange change)
    {
        OnnxPieces target = new();
        long start = _reader.Position;
        while (_reader.Next(end, out int field, out int wire))
        {
            if (!change(field, wire, target))
            {
                _reader.Skip(wire, end);
                target.Add(_path, start, _reader.Position - start);
            }

            start = _reader.Position;
        }

        return target;
    }
}
