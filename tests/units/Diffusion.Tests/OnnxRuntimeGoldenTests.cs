using Upscale.Inference;

namespace Upscale.Diffusion.Tests;

/// <summary>ONNX Runtime meets the trajectories.</summary>
public sealed class OnnxRuntimeGoldenTests() : GoldenTests(InferenceEngine.OnnxRuntime);
