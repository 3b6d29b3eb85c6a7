namespace Upscale;

/// <summary>An input or output as a graph declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Number type as <c>float32</c>, <c>float16</c>, <c>float64</c>, <c>int64</c>, <c>int32</c>; another name for types that no stage can use.</param>
/// <param name="Dimensions">Outermost first; -1 where any size goes. Empty for a scalar, and where the graph does not say.</param>
public sealed record TensorInfo(string Name, string Type, IReadOnlyList<int> Dimensions);
