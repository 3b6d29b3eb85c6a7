using Upscale.Inference;

namespace Upscale.Latent.Tests;

/// <summary>ONNX Runtime meets the trajectories.</summary>
public sealed class OnnxRuntimeGoldenTests() : GoldenTests(InferenceEngine.OnnxRuntime);
