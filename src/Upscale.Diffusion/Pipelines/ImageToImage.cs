using Upscale.Diffusion.Autoencoding;
using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.LatentResampling;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Pipelines;

/// <summary>
/// Makes a picture anew from a noisy version of itself (Meng et al., "SDEdit", 2022): Stable Diffusion 1 and 2, SDXL, and latent consistency models; within
/// a mask only where there is one; from resized latents where it is to enlarge.
/// </summary>
public sealed class ImageToImage : SampledStage
{
    private const int AestheticIds = 5;
    private const float AestheticScore = 6f;
    private const float NegativeAestheticScore = 2.5f;

    /// <summary>Most steps that a weak strength leads to: every other step of the training.</summary>
    private const int LongestChain = 500;

    /// <summary>Strength that takes away what the interpolation of latents leaves behind.</summary>
    public const double StrengthAfterResizing = 0.55;

    private readonly Prompting? _prompting;
    private readonly PipelineDefaults _defaults;
    private readonly double _strength;
    private readonly RepaintMask? _mask;
    private readonly (LatentKernel Kernel, ImageShape Size)? _enlargement;
    private readonly ImageToImage? _whole;
    private (EncodedText? Prompt, EncodedText? Negative)? _text;

    /// <param name="folder">Of the model.</param>
    /// <param name="options">What the user says; at a strength of 0 the picture only goes through the autoencoder.</param>
    /// <param name="mask">Where to repaint; null for everywhere. Owned by the caller.</param>
    /// <param name="enlargement">How latents are resized first, and the size of the result; null for the size that comes in.</param>
    /// <param name="colorFix">How the result gets its colours back.</param>
    /// <param name="services">What the engine offers.</param>
    /// <exception cref="UpscaleException">A component is missing or does not fit, or an option is out of range.</exception>
    public ImageToImage(PipelineFolder folder, SamplingOptions options, RepaintMask? mask, (LatentKernel Kernel, ImageShape Size)? enlargement, ColorFix colorFix, IStageServices services)
        : base(folder, Unet.Read(folder, null), options, colorFix, services)
    {
        _defaults = PipelineDefaults.Of(folder.Card);
        _strength = Options.Strength ?? _defaults.Strength;
        (_mask, _enlargement) = (mask, enlargement);
        int latents = Autoencoder.LatentChannels;
        if (Unet.InputChannels != latents && !TakesMask)
            throw Unet.Unfit($"takes {Unet.InputChannels} channels; {latents}, or {(2 * latents) + 1} for inpainting, were expected");
        _prompting = Unet.TextWidth is null ? null : Prompting.Read(folder, Unet);
    }

    private ImageToImage(ImageToImage whole, RepaintMask? mask, double? strength)
        : base(whole)
        => (_whole, _prompting, _defaults, _mask, _strength) = (whole, whole._prompting, whole._defaults, mask, strength ?? whole._strength);

    /// <summary>Classes of pipelines whose networks can be used.</summary>
    public static IReadOnlyList<string> Pipelines { get; } =
    [
        "StableDiffusionImg2ImgPipeline", "StableDiffusionPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLPipeline",
        "LatentConsistencyModelImg2ImgPipeline", "LatentConsistencyModelPipeline",
        "StableDiffusionInpaintPipeline", RepaintMask.LegacyPipeline, "StableDiffusionXLInpaintPipeline",
    ];

    /// <summary>True for networks for inpainting, which see the mask, and cannot do without one.</summary>
    public bool TakesMask => Unet.InputChannels == (2 * Autoencoder.LatentChannels) + 1;

    /// <summary>What parts of a picture are cut to when each is made anew on its own.</summary>
    public PartLimits PartLimits
    {
        get
        {
            int factor = Autoencoder.Factor;
            (int Width, int Height)? given = Unet.FixedSize is { } size ? (size.Width * factor, size.Height * factor) : null;
            return new PartLimits(factor, Unet.MultipleOf * factor, given, (int)Math.Min(Math.Sqrt(LargestWindow) * factor, int.MaxValue));
        }
    }

    /// <inheritdoc/>
    protected override bool WorksOnLatents => true;

    /// <inheritdoc/>
    protected override int Encodings => TakesMask && !FromNoise ? 2 : 1;

    /// <inheritdoc/>
    protected override double GuidanceScale => _prompting is null || Distilled ? 1 : Guidance;

    private double Guidance => Options.Guidance ?? _defaults.Guidance;

    /// <summary>True where the picture does not show in what is begun with: inpainting at full strength.</summary>
    private bool FromNoise => _mask is { IsLegacy: false } && _strength >= 1;

    /// <summary>A network that is told the guidance instead of being asked twice.</summary>
    private bool Distilled => Unet.TimeEmbeddingSize is not null;

    /// <summary>True for models of <see cref="Pipelines"/>.</summary>
    public static bool Knows(ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        return Pipelines.Contains(card.Pipeline);
    }

    /// <summary>The same for a part of the picture; the text is encoded once for all parts.</summary>
    /// <param name="mask">Where to repaint; null for everywhere. Owned by the caller.</param>
    /// <param name="strength">Over 0; null for that of the whole.</param>
    /// <param name="noise">That of the picture, at the place of the part.</param>
    /// <param name="window">See <see cref="SampledStage.WindowSize"/>.</param>
    public ImageToImage ForPart(RepaintMask? mask, double? strength, INoise noise, int window) => new(this, mask, strength) { Noise = noise, WindowSize = window };

    /// <inheritdoc/>
    /// <exception cref="UpscaleException">The network needs a mask, and there is none.</exception>
    public override ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        => TakesMask && _mask is null
            ? throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The model '{Folder.Card.Id}' repaints what a mask shows: give a mask, or use a model without mask channels.")
            : base.PlanAsync(input, cancellationToken);

    /// <inheritdoc/>
    protected override ImageShape Result(ImageShape input) => _enlargement is { Size: var size } ? input with { Width = size.Width, Height = size.Height } : input;

    /// <inheritdoc/>
    protected override ImageShape Extend(ImageShape input, ImageShape latents)
    {
        int factor = Autoencoder.Factor;
        return _enlargement is null
            ? new ImageShape(latents.Width * factor, latents.Height * factor, 3)
            : new ImageShape(RoundUp(input.Width, factor), RoundUp(input.Height, factor), 3);
    }

    /// <inheritdoc/>
    protected override IScheduler MakeScheduler()
    {
        int steps = Options.Steps ?? _defaults.Steps;
        SchedulerConfig config = Folder.Scheduler();
        if (_defaults.ConsistencyModel && _strength > 0)
        {
            IScheduler consistency = Diffusion.Scheduler.Create(config, Options.Scheduler, new SchedulerOptions { Eta = Options.Eta, LcmStrength = _strength });
            consistency.SetSteps(steps);
            return consistency;
        }

        IScheduler scheduler = Diffusion.Scheduler.Create(config, Options.Scheduler, new SchedulerOptions { Eta = Options.Eta });

        // A weak effect of a short chain would be none at all.
        int least = _strength > 0 ? (int)Math.Min(Math.Ceiling(1 / _strength), LongestChain) : 1;
        scheduler.SetSteps(Math.Max(steps, least), _strength);
        return scheduler;
    }

    /// <inheritdoc/>
    protected override IStripSource Prepare(IStripSource picture)
    {
        if (!TakesMask)
            return base.Prepare(picture);
        if (FromNoise)
            return Autoencoder.Encode(_mask!.Hide(picture), Draws, NoiseField.MaskedPosterior);
        var tee = new StripTee(picture);
        IStripSource masked = Autoencoder.Encode(_mask!.Hide(tee.Second), Draws, NoiseField.MaskedPosterior);
        return new StackedSource(base.Prepare(tee.First), masked);
    }

    /// <inheritdoc/>
    protected override async Task<Tile> SampleAsync(Tile prepared, CancellationToken cancellationToken)
    {
        using Tile input = prepared;
        int channels = Autoencoder.LatentChannels;
        using Tile noise = StartNoise();
        var latents = new Tile(noise.Width, noise.Height, channels);
        try
        {
            using var clean = new Tile(latents.Width, latents.Height, channels);
            if (_enlargement is { } enlargement)
                LatentResampler.Resize(input, clean, enlargement.Kernel);
            else
                input.Data.Span[..clean.Data.Length].CopyTo(clean.Data.Span);
            if (FromNoise)
                Linear.Scale(latents.Data.Span, Scheduler.InitNoiseSigma, noise.Data.Span);
            else if (Scheduler.Timesteps.Count > 0)
                Scheduler.AddNoise(clean.Data.Span, noise.Data.Span, 0, latents.Data.Span);
            else
                clean.Data.Span.CopyTo(latents.Data.Span);
            (UnetConditions prompt, UnetConditions? negative) = await ConditionsAsync(cancellationToken).ConfigureAwait(false);
            using Tile? companion = TakesMask ? Companion(input, latents) : null;
            Action<int>? afterStep = _mask is null || TakesMask ? null : call => _mask.Keep(Autoencoder.Factor, call, Scheduler, clean, noise.Data.Span, latents);
            await RunAsync(latents, prompt, negative, companion, scalesCompanion: false, null, afterStep, cancellationToken).ConfigureAwait(false);
            return latents;
        }
        catch
        {
            latents.Dispose();
            throw;
        }
    }

    private async Task<(UnetConditions Prompt, UnetConditions? Negative)> ConditionsAsync(CancellationToken cancellationToken)
    {
        (EncodedText? prompt, EncodedText? negative) = await (_whole ?? this).TextAsync(cancellationToken).ConfigureAwait(false);
        UnetConditions conditions = new()
        {
            Text = prompt,
            TimestepCondition = Distilled ? GuidanceEmbedding.Of(Guidance, Unet.TimeEmbeddingSize!.Value) : [],
            TimeIds = TimeIds(AestheticScore),
        };
        return (conditions, negative is null ? null : conditions with { Text = negative, TimeIds = TimeIds(NegativeAestheticScore) });
    }

    private async Task<(EncodedText? Prompt, EncodedText? Negative)> TextAsync(CancellationToken cancellationToken)
    {
        if (_prompting is not null)
            _text ??= await _prompting.EncodeAsync(Options, GuidanceScale > 1, Services, cancellationToken).ConfigureAwait(false);
        return _text ?? (null, null);
    }

    /// <summary>Sizes as SDXL takes them: those of a window, which is all that the network sees.</summary>
    private IReadOnlyList<float> TimeIds(float aestheticScore)
    {
        int width = Windows.Width * Autoencoder.Factor, height = Windows.Height * Autoencoder.Factor;
        return Unet.TimeIds switch
        {
            null => [],
            AestheticIds => [height, width, 0, 0, aestheticScore],
            _ => [height, width, 0, 0, height, width],
        };
    }

    /// <summary>The mask and the latents of the picture with its hole.</summary>
    private Tile Companion(Tile input, Tile latents)
    {
        var companion = new Tile(latents.Width, latents.Height, 1 + Autoencoder.LatentChannels);
        _mask!.Reduce(Autoencoder.Factor, companion.Width, companion.Plane(0));
        for (int c = 0; c < Autoencoder.LatentChannels; c++)
            input.Plane(input.Channels - Autoencoder.LatentChannels + c).CopyTo(companion.Plane(1 + c));
        return companion;
    }
}
