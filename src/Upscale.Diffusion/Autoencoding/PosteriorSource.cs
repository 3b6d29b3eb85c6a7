namespace Upscale.Diffusion.Autoencoding;

/// <summary>Draws latents from what an encoder says of them: mean and logarithm of the variance, plane by plane.</summary>
/// <param name="parameters">Twice the planes of the latents; disposed with this.</param>
/// <param name="noise">Where the draw comes from, one number for each latent.</param>
/// <param name="field">Which field of it.</param>
/// <param name="scale">Makes the latents that go on: plane, and its values.</param>
internal sealed class PosteriorSource(IStripSource parameters, INoise noise, int field, PlaneMap scale) : IStripSource
{
    private const float SmallestLogVariance = -30;
    private const float LargestLogVariance = 20;

    public ImageShape Shape => parameters.Shape with { Channels = parameters.Shape.Channels / 2 };

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? strip = await parameters.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        var latents = new Strip(strip.Width, Shape.Channels, strip.Top, strip.Height);
        for (int c = 0; c < latents.Channels; c++)
        {
            for (int y = latents.Top; y < latents.Bottom; y++)
                Draw(strip.Row(c, y), strip.Row(c + latents.Channels, y), latents.Row(c, y), c, y);
            scale.Apply(c, latents.Plane(c));
        }

        return latents;
    }

    public ValueTask DisposeAsync() => parameters.DisposeAsync();

    private void Draw(ReadOnlySpan<float> mean, ReadOnlySpan<float> logVariance, Span<float> latents, int channel, int y)
    {
        noise.Fill(field, channel, 0, y, latents);
        for (int x = 0; x < latents.Length; x++)
            latents[x] = mean[x] + (MathF.Exp(0.5f * Math.Clamp(logVariance[x], SmallestLogVariance, LargestLogVariance)) * latents[x]);
    }
}
