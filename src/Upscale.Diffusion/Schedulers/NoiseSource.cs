namespace Upscale.Diffusion;

/// <summary>Fills memory with normal noise of mean 0 and standard deviation 1.</summary>
/// <param name="noise">As long as the sample; receives the noise.</param>
public delegate void NoiseSource(Span<float> noise);
