namespace Upscale.Inference;

/// <summary>What computes networks on the CPU.</summary>
public enum InferenceEngine
{
    /// <summary>The kernels of this program where they cover a network, give the same result and are the faster ones; else ONNX Runtime.</summary>
    Auto,

    /// <summary>The kernels of this program where they give the same result as ONNX Runtime, else ONNX Runtime; a network that they do not cover is refused.</summary>
    Native,

    /// <summary>ONNX Runtime.</summary>
    OnnxRuntime,
}
