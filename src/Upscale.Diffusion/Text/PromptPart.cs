namespace Upscale.Diffusion;

/// <summary>A piece of a prompt.</summary>
/// <param name="Text">As it is to be tokenized.</param>
/// <param name="Weight">How much attention it gets: 1 is the usual.</param>
public sealed record PromptPart(string Text, double Weight);
