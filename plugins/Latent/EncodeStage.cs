using Upscale.Diffusion.ResShift;

namespace Upscale.Latent;

/// <summary>Phases of a picture (see <see cref="PixelShuffle"/>) to latents times the scaling factor.</summary>
internal sealed class EncodeStage(ModelCard card, CompactAutoencoder autoencoder, IStageServices services) : TileStage(services)
{
    protected override ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(CompactAutoencoder.Profile(card, CompactAutoencoder.Encoder, Services) with { OutputChannels = autoencoder.LatentChannels });

    protected override async ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        int factor = autoencoder.Downsample;
        using var picture = new Tile(input.Width * factor, input.Height * factor, card.Channels);
        PixelShuffle.Join(input.Data.Span, picture.Data.Span, input.Width, input.Height, factor);
        Scale(picture.Data.Span, 2, -1);
        IModelLease lease = await Services.Models.LeaseAsync(card, CompactAutoencoder.Encoder, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            RunOutcome outcome = await lease.RunAsync(
                [new NamedTensor("sample", [1, card.Channels, picture.Height, picture.Width], picture.Data)],
                [new NamedTensor("latent_sample", [1, output.Channels, output.Height, output.Width], output.Data)],
                cancellationToken).ConfigureAwait(false);
            if (outcome == RunOutcome.Done)
                Scale(output.Data.Span, (float)autoencoder.ScalingFactor, 0);
            return outcome;
        }
    }

    private static void Scale(Span<float> values, float factor, float offset)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = (values[i] * factor) + offset;
    }
}
