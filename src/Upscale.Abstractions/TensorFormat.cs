namespace Upscale;

/// <summary>How a graph wants its picture tensors.</summary>
public sealed record TensorFormat
{
    /// <summary>Name of the graph's picture input.</summary>
    public required string Input { get; init; }

    /// <summary>Name of the graph's picture output.</summary>
    public required string Output { get; init; }

    /// <summary><c>NCHW</c> or <c>NHWC</c>.</summary>
    public string Layout { get; init; } = "NCHW";

    /// <summary><c>float32</c>, <c>float16</c>, <c>float64</c> or <c>uint8</c>.</summary>
    public string InputType { get; init; } = "float32";

    /// <summary><c>float32</c>, <c>float16</c>, <c>float64</c> or <c>uint8</c>.</summary>
    public string OutputType { get; init; } = "float32";

    /// <summary>The graph's value for white: 1 or 255. Black is 0.</summary>
    public float White { get; init; } = 1;

    /// <summary>True for blue first.</summary>
    public bool Bgr { get; init; }

    /// <summary>Pictures in a run as the graph fixes it; further places are filled with copies.</summary>
    public int Batch { get; init; } = 1;
}
