using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Upscale.Inference;

/// <summary>A <see cref="NamedTensor"/> as the runtime sees it: the caller's memory where the types agree, else a converted copy.</summary>
internal sealed class BoundTensor : IDisposable
{
    private readonly NamedTensor _tensor;
    private readonly TensorElementType _type;
    private readonly FloatBuffer? _converted;
    private readonly MemoryHandle _handle;

    private unsafe BoundTensor(NamedTensor tensor, TensorElementType type)
    {
        _tensor = tensor;
        _type = type;
        int count = tensor.Integers?.Length ?? tensor.Floats.Length;
        int size = SizeOf(type);
        if (tensor.Integers is not null || type != TensorElementType.Float)
            _converted = new FloatBuffer((((long)count * size) + sizeof(float) - 1) / sizeof(float));
        _handle = (_converted?.Memory ?? tensor.Floats).Pin();
        Value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, type, [.. tensor.Shape.Select(d => (long)d)], (nint)_handle.Pointer, (long)count * size);
    }

    /// <summary>What the runtime gets.</summary>
    public OrtValue Value { get; }

    /// <summary>An input, converted.</summary>
    public static BoundTensor Input(NamedTensor tensor, TensorElementType type)
    {
        var bound = new BoundTensor(tensor, type);
        switch (type)
        {
            case TensorElementType.Float16:
                bound.Write<Half>();
                break;
            case TensorElementType.Double:
                bound.Write<double>();
                break;
            case TensorElementType.Int64:
                bound.Write<long>();
                break;
            case TensorElementType.Int32:
                bound.Write<int>();
                break;
            default:
                bound.Write<float>();
                break;
        }

        return bound;
    }

    /// <summary>An output, to be read by <see cref="ReadBack"/> after the run.</summary>
    public static BoundTensor Output(NamedTensor tensor, TensorElementType type) => new(tensor, type);

    /// <summary>True for the types that are converted.</summary>
    public static bool Knows(TensorElementType type)
        => type is TensorElementType.Float or TensorElementType.Float16 or TensorElementType.Double or TensorElementType.Int64 or TensorElementType.Int32;

    /// <summary>Brings the result into the caller's memory.</summary>
    public void ReadBack()
    {
        switch (_type)
        {
            case TensorElementType.Float16:
                Read<Half>();
                break;
            case TensorElementType.Double:
                Read<double>();
                break;
            case TensorElementType.Int64:
                Read<long>();
                break;
            case TensorElementType.Int32:
                Read<int>();
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        _handle.Dispose();
        _converted?.Dispose();
    }

    private static int SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.Float16 => 2,
        TensorElementType.Double or TensorElementType.Int64 => 8,
        _ => 4,
    };

    private void Write<T>() where T : unmanaged, INumberBase<T>
    {
        if (_converted is null)
            return;
        Span<T> target = MemoryMarshal.Cast<float, T>(_converted.GetSpan());
        if (_tensor.Integers is { Span: var integers })
        {
            for (int i = 0; i < integers.Length; i++)
                target[i] = T.CreateSaturating(integers[i]);
            return;
        }

        ReadOnlySpan<float> floats = _tensor.Floats.Span;
        for (int i = 0; i < floats.Length; i++)
            target[i] = T.CreateSaturating(floats[i]);
    }

    private void Read<T>() where T : unmanaged, INumberBase<T>
    {
        Span<float> target = _tensor.Floats.Span;
        ReadOnlySpan<T> source = MemoryMarshal.Cast<float, T>(_converted!.GetSpan());
        for (int i = 0; i < target.Length; i++)
            target[i] = float.CreateSaturating(source[i]);
    }
}
