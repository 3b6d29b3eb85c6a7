namespace Upscale.Latent;

/// <summary>Latents times the scaling factor to a picture.</summary>
internal sealed class DecodeStage(ModelCard card, CompactAutoencoder autoencoder, IStageServices services) : TileStage(services)
{
    protected override ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(CompactAutoencoder.Profile(card, CompactAutoencoder.Decoder, Services) with { Scale = autoencoder.Downsample, OutputChannels = card.OutputChannels });

    protected override async ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        using var latents = new FloatBuffer(input.Data.Length);
        Unscale(input.Data.Span, latents.GetSpan());
        IModelLease lease = await Services.Models.LeaseAsync(card, CompactAutoencoder.Decoder, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            RunOutcome outcome = await lease.RunAsync(
                [new NamedTensor("latent_sample", [1, input.Channels, input.Height, input.Width], latents.Memory)],
                [new NamedTensor("sample", [1, output.Channels, output.Height, output.Width], output.Data)],
                cancellationToken).ConfigureAwait(false);
            if (outcome == RunOutcome.Done)
                ToPicture(output.Data.Span);
            return outcome;
        }
    }

    private void Unscale(ReadOnlySpan<float> scaled, Span<float> latents)
    {
        float factor = (float)autoencoder.ScalingFactor;
        for (int i = 0; i < latents.Length; i++)
            latents[i] = scaled[i] / factor;
    }

    private static void ToPicture(Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (values[i] / 2) + 0.5f;
    }
}
