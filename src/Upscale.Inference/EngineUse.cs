namespace Upscale.Inference;

/// <summary>Which engine a caller wants, and who is told of the one that ran.</summary>
/// <param name="Engine">The one that is wanted.</param>
/// <param name="Memory">Trials of engines so far.</param>
/// <param name="Used">Told after each run of a network, on any thread; null for nobody.</param>
public sealed record EngineUse(InferenceEngine Engine, EngineMemory Memory, Action<InferenceEngine>? Used = null);
