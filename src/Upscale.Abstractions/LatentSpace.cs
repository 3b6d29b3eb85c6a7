namespace Upscale;

/// <summary>
/// What latents mean: two stages whose spaces are equal may hand latents on without decoding them in between. Never guessed: the id is the
/// one that the model's card declares (<c>latentSpace</c>), or the hash of the decoder's file.
/// </summary>
/// <param name="Id">Name of the space, or hash of the decoder.</param>
/// <param name="Channels">Planes.</param>
/// <param name="Factor">Pixels for each latent pixel along a side.</param>
/// <param name="ScalingFactor">Latents on the way are the encoder's output, shifted, times this factor.</param>
public sealed record LatentSpace(string Id, int Channels, int Factor, double ScalingFactor)
{
    /// <summary>Size of the latents of a picture: width and height divided by <see cref="Factor"/>, rounded up.</summary>
    /// <param name="picture">Size of the picture in pixels.</param>
    public ImageShape Shape(ImageShape picture)
        => new((picture.Width + Factor - 1) / Factor, (picture.Height + Factor - 1) / Factor, Channels);
}
