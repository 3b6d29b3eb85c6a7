using Upscale.Diffusion.Autoencoding;
using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Pipelines;

/// <summary>
/// Enlarges by sampling latents of the picture's own size beside the picture: the Stable Diffusion x4 upscaler (text, and a picture with noise added), and
/// latent diffusion super-resolution (Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", 2022, section 4.4: neither).
/// </summary>
public sealed class PictureUpscaling : SampledStage
{
    private const int DefaultNoiseLevel = 20;
    private const double DefaultGuidance = 9;
    private const int DefaultSteps = 30;
    private const int PictureChannels = 3;

    private readonly Prompting? _prompting;
    private readonly int _noiseLevel;

    /// <param name="folder">Of the model.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="colorFix">How the result gets its colours back.</param>
    /// <param name="services">What the engine offers.</param>
    /// <exception cref="UpscaleException">A component is missing or does not fit, or an option is out of range.</exception>
    public PictureUpscaling(PipelineFolder folder, SamplingOptions options, ColorFix colorFix, IStageServices services)
        : base(folder, Unet.Read(folder, null), options, colorFix, services)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Unet.InputChannels != Autoencoder.LatentChannels + PictureChannels)
            throw Unet.Unfit($"does not take {Autoencoder.LatentChannels} latent channels and the {PictureChannels} of a picture, as the pipeline {folder.Card.Pipeline} needs");
        _prompting = Unet.TextWidth is null ? null : Prompting.Read(folder, Unet);
        _noiseLevel = Unet.TakesClassLabels ? options.NoiseLevel ?? DefaultNoiseLevel : 0;
        int most = folder.Integer("max_noise_level", 350);
        if (_noiseLevel < 0 || _noiseLevel > most)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The noise level {_noiseLevel} is out of range: '{folder.Card.Id}' takes 0 to {most}.");
    }

    /// <inheritdoc/>
    protected override bool WorksOnLatents => false;

    /// <inheritdoc/>
    protected override double GuidanceScale => _prompting is null ? 1 : Options.Guidance ?? DefaultGuidance;

    /// <inheritdoc/>
    protected override ImageShape Result(ImageShape input) => input with { Width = checked(input.Width * Autoencoder.Factor), Height = checked(input.Height * Autoencoder.Factor) };

    /// <inheritdoc/>
    protected override ImageShape Extend(ImageShape input, ImageShape latents) => latents with { Channels = PictureChannels };

    /// <inheritdoc/>
    protected override IScheduler MakeScheduler()
    {
        IScheduler scheduler = Diffusion.Scheduler.Create(Folder.Scheduler(), Options.Scheduler, new SchedulerOptions { Eta = Options.Eta });
        scheduler.SetSteps(Options.Steps ?? DefaultSteps);
        return scheduler;
    }

    /// <inheritdoc/>
    protected override async Task<Tile> SampleAsync(Tile prepared, CancellationToken cancellationToken)
    {
        using Tile picture = prepared;
        Lead(picture);
        (EncodedText? prompt, EncodedText? negative) = _prompting is null
            ? (null, null)
            : await _prompting.EncodeAsync(Options, GuidanceScale > 1, Services, cancellationToken).ConfigureAwait(false);
        Tile latents = StartFromNoise();
        try
        {
            UnetConditions conditions = new() { Text = prompt, ClassLabel = _noiseLevel };
            UnetConditions? against = negative is null ? null : conditions with { Text = negative };
            await RunAsync(latents, conditions, against, picture, scalesCompanion: !Unet.TakesClassLabels, null, null, cancellationToken).ConfigureAwait(false);
            return latents;
        }
        catch
        {
            latents.Dispose();
            throw;
        }
    }

    /// <summary>Brings the picture to -1..1, and adds noise where the network is told of it.</summary>
    private void Lead(Tile picture)
    {
        Span<float> values = picture.Data.Span;
        for (int i = 0; i < values.Length; i++)
            values[i] = (2 * values[i]) - 1;
        if (!Unet.TakesClassLabels)
            return;
        using var noise = new FloatBuffer(values.Length);
        LatentSampler.Fill(Draws, NoiseField.LowResolution, picture.Width, picture.Height, noise.GetSpan());
        NoiseSchedule.Read(Folder.Scheduler("low_res_scheduler")).AddNoise(values, noise.GetSpan(), _noiseLevel, values);
    }
}
