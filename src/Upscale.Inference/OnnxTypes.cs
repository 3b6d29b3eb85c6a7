namespace Upscale.Inference;

/// <summary>Number types as ONNX files write them. Values: TensorProto.DataType in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto</summary>
internal static class OnnxTypes
{
    /// <summary>float32.</summary>
    public const int Float = 1;

    /// <summary>float16.</summary>
    public const int Half = 10;

    /// <summary>Attributes of operators that name the type of their result.</summary>
    public static IReadOnlySet<string> Attributes { get; } = new HashSet<string> { "to", "dtype", "output_dtype", "output_datatype" };

    /// <summary>Names as in <see cref="TensorInfo.Type"/>.</summary>
    public static string Name(int type) => type switch
    {
        Float => TensorCodec.Float32,
        2 => TensorCodec.UInt8,
        3 => "int8",
        4 => "uint16",
        5 => "int16",
        6 => "int32",
        7 => "int64",
        8 => "string",
        9 => "bool",
        Half => TensorCodec.Float16,
        11 => TensorCodec.Float64,
        12 => "uint32",
        13 => "uint64",
        14 => "complex64",
        15 => "complex128",
        16 => "bfloat16",
        _ => $"type {type}",
    };
}
