using Upscale.Inference;

namespace Upscale.Diffusion.Tests;

/// <summary>The kernels of this program meet the trajectories.</summary>
public sealed class NativeGoldenTests() : GoldenTests(InferenceEngine.Native);
