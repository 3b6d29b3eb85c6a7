using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Sources;
using Upscale.Diffusion.Stages;

namespace Upscale.Latent;

/// <summary>
/// One enlargement by the network's own factor: bicubic enlargement, encoder, residual shifting in latent space, decoder.
/// </summary>
internal sealed class LatentPass(ModelCard card, CompactAutoencoder autoencoder, ResShiftSettings settings, IStageServices services) : IStage
{
    private readonly StageSequence _enlarging = new();
    private readonly StageSequence _sampling = new();
    private ImageShape _extended;
    private ImageShape _output;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        int scale = card.Scale;
        int unet = card.Components.First(c => c.Name == "unet").MultipleOf;
        (int width, int height) = (Round(input.Width, autoencoder.Downsample * unet, scale), Round(input.Height, autoencoder.Downsample * unet, scale));
        _extended = input with { Width = width, Height = height };
        _output = input with { Width = input.Width * scale, Height = input.Height * scale };
        var options = new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = width * scale, ["height"] = height * scale };
        ImageShape large = await _enlarging.AddAsync(services.CreateStage("interpolation", options), _extended, cancellationToken).ConfigureAwait(false);
        int factor = autoencoder.Downsample;
        var grid = new ImageShape(large.Width / factor, large.Height / factor, large.Channels * factor * factor);
        ImageShape latents = await _sampling.AddAsync(new EncodeStage(card, autoencoder, services), grid, cancellationToken).ConfigureAwait(false);
        latents = await _sampling.AddAsync(new ResShiftSampler(card, settings, services), latents, cancellationToken).ConfigureAwait(false);
        await _sampling.AddAsync(new DecodeStage(card, autoencoder, services), latents, cancellationToken).ConfigureAwait(false);
        StagePlan plan = _sampling.Plan;
        return plan with { Output = _output, Halo = plan.Halo * factor / scale, MemoryBytes = plan.MemoryBytes + _enlarging.Plan.MemoryBytes };
    }

    public IStripSource Connect(IStripSource input)
    {
        IStripSource large = _enlarging.Connect(new ExtendedSource(input, _extended.Width, _extended.Height));
        return new CroppedSource(_sampling.Connect(new PhaseSource(large, autoencoder.Downsample)), _output.Width, _output.Height);
    }

    public async ValueTask DisposeAsync()
    {
        await _enlarging.DisposeAsync().ConfigureAwait(false);
        await _sampling.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The smallest length from <paramref name="length"/> on whose enlargement is a multiple of <paramref name="multiple"/>.</summary>
    private static int Round(int length, int multiple, int scale)
    {
        while (length * scale % multiple != 0)
            length++;
        return length;
    }
}
