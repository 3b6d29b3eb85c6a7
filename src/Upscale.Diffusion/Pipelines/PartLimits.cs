namespace Upscale.Diffusion.Pipelines;

/// <summary>How a picture may be cut into parts that are made anew one by one. All numbers are pixels.</summary>
/// <param name="Alignment">Parts begin at multiples of this: a latent pixel.</param>
/// <param name="Multiple">Sides of what the network sees are multiples of this.</param>
/// <param name="Fixed">The only width and height that the network takes; null for any.</param>
/// <param name="Largest">The largest side that memory is known to allow.</param>
public sealed record PartLimits(int Alignment, int Multiple, (int Width, int Height)? Fixed, int Largest);
