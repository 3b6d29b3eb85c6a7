namespace Upscale.Pipelines;

/// <summary>What a pipeline would do with a picture, and everything that would be refused.</summary>
/// <param name="Stages">What each stage would do, in order; empty when not even the stages could be settled.</param>
/// <param name="Refusals">Why it would not be done; empty when it would.</param>
/// <param name="Warnings">What the user should know though the work can go on.</param>
public sealed record PipelineTest(IReadOnlyList<PipelineStagePlan> Stages, IReadOnlyList<UpscaleException> Refusals, IReadOnlyList<string> Warnings);
