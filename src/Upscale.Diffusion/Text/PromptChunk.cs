namespace Upscale.Diffusion;

/// <summary>What a text encoder is given at once.</summary>
/// <param name="Ids">Begin, at most 75 ids of the prompt, end, filled up with pad: as many as the encoder takes, 77.</param>
/// <param name="Weights">As many, 1 where the prompt says nothing.</param>
public sealed record PromptChunk(IReadOnlyList<int> Ids, IReadOnlyList<float> Weights);
