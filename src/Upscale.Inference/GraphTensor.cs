using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>An input or output as the graph declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">A number type of <see cref="TensorCodec"/>; null for anything else.</param>
/// <param name="TypeText">The type for people.</param>
/// <param name="Dimensions">-1 where any size goes; empty when nothing is declared.</param>
internal sealed record GraphTensor(string Name, string? Type, string TypeText, IReadOnlyList<int> Dimensions)
{
    /// <summary>Reads it from a session.</summary>
    public static GraphTensor Read(string name, NodeMetadata metadata)
        => metadata.IsTensor
            ? new GraphTensor(
                name,
                TensorCodec.TypeName(metadata.ElementDataType),
                metadata.IsString ? "text" : metadata.ElementDataType.ToString(),
                [.. metadata.Dimensions.Select(d => d > 0 ? d : -1)])
            : new GraphTensor(name, null, metadata.OnnxValueType.ToString(), []);

    /// <summary>Name, type and dimensions for messages.</summary>
    public override string ToString()
        => $"'{Name}' ({TypeText}{(Dimensions.Count > 0 ? $" {string.Join(" x ", Dimensions.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}" : "")})";
}
