namespace Upscale.Diffusion.Pipelines;

/// <summary>Keeps a picture as it is outside a mask, whatever a stage makes of it: the way through an autoencoder changes every pixel.</summary>
/// <param name="repainting">Keeps the size; owned.</param>
/// <param name="mask">Owned.</param>
public sealed class RepaintedStage(IStage repainting, RepaintMask mask) : IStage
{
    /// <inheritdoc/>
    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => repainting.PlanAsync(input, cancellationToken);

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
    {
        var tee = new StripTee(input);
        return new Mixture(repainting.Connect(tee.First), tee.Second, mask);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await repainting.DisposeAsync().ConfigureAwait(false);
        mask.Dispose();
    }

    private sealed class Mixture(IStripSource painted, IStripSource original, RepaintMask mask) : IStripSource
    {
        private readonly StripWindow _original = new(original);

        public ImageShape Shape => painted.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            Strip? strip = await painted.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (strip is null)
                return null;
            await _original.MoveAsync(strip.Top, strip.Bottom, cancellationToken).ConfigureAwait(false);
            for (int y = strip.Top; y < strip.Bottom; y++)
            {
                for (int x = 0; x < strip.Width; x++)
                {
                    float m = mask.At(x, y);
                    for (int c = 0; c < strip.Channels; c++)
                    {
                        ref float value = ref strip.Row(c, y)[x];
                        value = m == 0 ? _original.Row(c, y)[x] : (m * value) + ((1 - m) * _original.Row(c, y)[x]);
                    }
                }
            }

            return strip;
        }

        public async ValueTask DisposeAsync()
        {
            await painted.DisposeAsync().ConfigureAwait(false);
            await _original.DisposeAsync().ConfigureAwait(false);
        }
    }
}
