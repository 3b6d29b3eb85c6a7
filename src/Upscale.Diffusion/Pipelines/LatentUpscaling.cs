using Upscale.Diffusion.Autoencoding;
using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Pipelines;

/// <summary>Doubles a picture in latent space: the Stable Diffusion x2 latent upscaler, led by the latents of the small picture.</summary>
public sealed class LatentUpscaling : SampledStage
{
    private const int Factor = 2;
    private const int DefaultSteps = 20;
    private const int NoiseLevelNumbers = 64;

    private readonly Prompting _prompting;

    /// <param name="folder">Of the model.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="colorFix">How the result gets its colours back.</param>
    /// <param name="services">What the engine offers.</param>
    /// <exception cref="UpscaleException">A component is missing or does not fit.</exception>
    public LatentUpscaling(PipelineFolder folder, SamplingOptions options, ColorFix colorFix, IStageServices services)
        : base(folder, Unet.Read(folder, null), options, colorFix, services)
    {
        if (Unet.InputChannels != 2 * Autoencoder.LatentChannels || Unet.OutputChannels < Autoencoder.LatentChannels)
            throw Unet.Unfit($"does not take twice the {Autoencoder.LatentChannels} latent channels, as the pipeline {Folder.Card.Pipeline} needs");
        _prompting = Prompting.Read(folder, Unet, TextLayer.BeforeNorm);
    }

    /// <inheritdoc/>
    protected override bool WorksOnLatents => true;

    /// <inheritdoc/>
    protected override double GuidanceScale => Options.Guidance ?? 0;

    /// <inheritdoc/>
    protected override ImageShape Result(ImageShape input) => input with { Width = checked(input.Width * Factor), Height = checked(input.Height * Factor) };

    /// <inheritdoc/>
    protected override ImageShape Extend(ImageShape input, ImageShape latents)
        => new(RoundUp(latents.Width, Factor) / Factor * Autoencoder.Factor, RoundUp(latents.Height, Factor) / Factor * Autoencoder.Factor, 3);

    /// <inheritdoc/>
    protected override IScheduler MakeScheduler()
    {
        IScheduler scheduler = Diffusion.Scheduler.Create(Folder.Scheduler(), Options.Scheduler, new SchedulerOptions { Eta = Options.Eta });
        scheduler.SetSteps(Options.Steps ?? DefaultSteps);
        return scheduler.Sigmas.Count > 0
            ? scheduler
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The model '{Folder.Card.Id}' needs a scheduler that is written in sigmas, such as Euler; '{Options.Scheduler}' is not.");
    }

    /// <inheritdoc/>
    protected override async Task<Tile> SampleAsync(Tile prepared, CancellationToken cancellationToken)
    {
        using Tile small = prepared;

        // Without guidance the network is asked as it was trained for that: with no prompt.
        SamplingOptions options = GuidanceScale == 0 ? Options with { Prompt = "" } : Options;
        (EncodedText prompt, EncodedText? negative) = await _prompting.EncodeAsync(options, GuidanceScale > 1, Services, cancellationToken).ConfigureAwait(false);
        Tile latents = StartFromNoise();
        try
        {
            using Tile lead = Doubled(small, latents);
            UnetConditions? against = negative is null ? null : Conditions(negative);
            await RunAsync(latents, Conditions(prompt), against, lead, scalesCompanion: false, new KarrasPreconditioning(Scheduler), null, cancellationToken).ConfigureAwait(false);
            return latents;
        }
        catch
        {
            latents.Dispose();
            throw;
        }
    }

    /// <summary>Text, and a noise level of 0 as its sine and cosine parts, before the pooled text.</summary>
    private static UnetConditions Conditions(EncodedText text) => new()
    {
        Text = text,
        TimestepCondition = [.. Enumerable.Repeat(1f, NoiseLevelNumbers), .. Enumerable.Repeat(0f, NoiseLevelNumbers), .. text.Pooled],
    };

    private static Tile Doubled(Tile small, Tile like)
    {
        var large = new Tile(like.Width, like.Height, small.Channels);
        for (int c = 0; c < small.Channels; c++)
        {
            for (int y = 0; y < large.Height; y++)
            {
                ReadOnlySpan<float> source = small.Row(c, y / Factor);
                Span<float> target = large.Row(c, y);
                for (int x = 0; x < target.Length; x++)
                    target[x] = source[x / Factor];
            }
        }

        return large;
    }
}
