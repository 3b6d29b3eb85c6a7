namespace Upscale.Pipelines;

/// <summary>How one picture of a batch ended: with a result or with an error.</summary>
/// <param name="Source">Full path of the picture.</param>
/// <param name="Result">The result; null when it failed.</param>
/// <param name="Plan">The plan; null when planning failed.</param>
/// <param name="Error">The failure; null when it went well. Never a cancellation.</param>
public sealed record UpscaleOutcome(string Source, UpscaleResult? Result, UpscalePlan? Plan, Exception? Error);
