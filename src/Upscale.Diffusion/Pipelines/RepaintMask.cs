using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Pipelines;

/// <summary>Where a picture is to be painted anew: 1 there, 0 where it is kept.</summary>
public sealed class RepaintMask : IDisposable
{
    /// <summary>Class of the pipeline that takes masks as they are.</summary>
    public const string LegacyPipeline = "StableDiffusionInpaintPipelineLegacy";

    private const float Threshold = 0.5f;

    private readonly Tile _mask;
    private readonly ImageShape _picture;
    private float[] _reduced = [];

    /// <param name="mask">Whole; white (1) where to repaint. One plane, or the mean of several; owned by this.</param>
    /// <param name="picture">Size of the picture that it lies over; a mask of another size is stretched.</param>
    /// <param name="legacy">
    /// True for networks without mask channels as <c>StableDiffusionInpaintPipelineLegacy</c> runs them: the mask stays soft, and the kept part has the
    /// noise of the step before.
    /// </param>
    public RepaintMask(Tile mask, ImageShape picture, bool legacy)
    {
        ArgumentNullException.ThrowIfNull(mask);
        (_mask, _picture, IsLegacy) = (mask, picture, legacy);
    }

    /// <summary>Opens a picture as a mask.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="picture">Size of the picture that it lies over.</param>
    /// <param name="card">The model.</param>
    /// <param name="services">What the engine offers.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UpscaleException">There is no such file, it is no picture, or all black: nothing would be repainted.</exception>
    public static async Task<RepaintMask> OpenAsync(string path, ImageShape picture, ModelCard card, IStageServices services, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(services);
        IStripSource source = services.OpenPicture(path);
        await using (source.ConfigureAwait(false))
        {
            Tile mask = await SampledSource.CollectAsync(source, cancellationToken).ConfigureAwait(false);
            if (mask.Data.Span.IndexOfAnyInRange(Threshold, float.MaxValue) >= 0)
                return new RepaintMask(mask, picture, card.Pipeline == LegacyPipeline);
            mask.Dispose();
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The mask '{path}' is black all over: nothing would be repainted. White shows where to.");
        }
    }

    /// <summary>See the constructor.</summary>
    public bool IsLegacy { get; }

    /// <summary>The picture with grey where it is to be repainted.</summary>
    /// <param name="picture">RGB; may be larger than the picture's size to the right and below.</param>
    public IStripSource Hide(IStripSource picture) => new HoleSource(picture, this);

    /// <summary>The mask in the size of latents, by nearest neighbour.</summary>
    /// <param name="factor">Pixels for each latent pixel along a side.</param>
    /// <param name="width">Of the latents.</param>
    /// <param name="plane">Receives it, row by row.</param>
    public void Reduce(int factor, int width, Span<float> plane)
    {
        double offset = IsLegacy ? 0.5 : 0;
        for (int i = 0; i < plane.Length; i++)
        {
            float value = At((int)((i % width + offset) * factor), (int)((i / width + offset) * factor));
            plane[i] = IsLegacy ? value : value >= Threshold ? 1 : 0;
        }
    }

    /// <summary>
    /// Brings the kept part back after a call of the network: x = (1 - m) noised + m x, where noised is the clean picture with the noise of the next
    /// call, and none after the last. Legacy networks get the noise of this call, and once more none after the last.
    /// </summary>
    /// <param name="factor">Pixels for each latent pixel along a side.</param>
    /// <param name="call">Index of the call that was made.</param>
    /// <param name="scheduler">With steps set.</param>
    /// <param name="clean">Latents of the picture.</param>
    /// <param name="noise">The noise that was begun with.</param>
    /// <param name="latents">What the sampler made; receives the mixture.</param>
    public void Keep(int factor, int call, IScheduler scheduler, Tile clean, ReadOnlySpan<float> noise, Tile latents)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(clean);
        ArgumentNullException.ThrowIfNull(latents);
        if (_reduced.Length == 0)
        {
            _reduced = new float[latents.Width * latents.Height];
            Reduce(factor, latents.Width, _reduced);
        }

        int noised = IsLegacy ? call : call + 1;
        if (noised < scheduler.Timesteps.Count)
        {
            using var kept = new FloatBuffer(latents.Data.Length);
            scheduler.AddNoise(clean.Data.Span, noise, noised, kept.GetSpan());
            Mix(kept.GetSpan(), latents.Data.Span);
        }

        if (call == scheduler.Timesteps.Count - 1)
            Mix(clean.Data.Span, latents.Data.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => _mask.Dispose();

    /// <summary>The mask at a pixel of the picture; beyond the picture that of its edge.</summary>
    internal float At(int x, int y)
    {
        int column = (int)((long)Math.Min(x, _picture.Width - 1) * _mask.Width / _picture.Width);
        int row = (int)((long)Math.Min(y, _picture.Height - 1) * _mask.Height / _picture.Height);
        float sum = 0;
        for (int c = 0; c < _mask.Channels; c++)
            sum += _mask.Row(c, row)[column];
        return sum / _mask.Channels;
    }

    private void Mix(ReadOnlySpan<float> kept, Span<float> latents)
    {
        for (int i = 0; i < latents.Length; i++)
        {
            float m = _reduced[i % _reduced.Length];
            latents[i] = ((1 - m) * kept[i]) + (m * latents[i]);
        }
    }

    private sealed class HoleSource(IStripSource picture, RepaintMask mask) : IStripSource
    {
        private const float Grey = 0.5f;

        public ImageShape Shape => picture.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            Strip? strip = await picture.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (strip is null)
                return null;
            for (int y = strip.Top; y < strip.Bottom; y++)
            {
                for (int x = 0; x < strip.Width; x++)
                {
                    if (mask.At(x, y) < Threshold)
                        continue;
                    for (int c = 0; c < strip.Channels; c++)
                        strip.Row(c, y)[x] = Grey;
                }
            }

            return strip;
        }

        public ValueTask DisposeAsync() => picture.DisposeAsync();
    }
}
