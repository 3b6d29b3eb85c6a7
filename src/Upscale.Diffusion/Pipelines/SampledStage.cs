using Upscale.Diffusion.Autoencoding;
using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Pipelines;

/// <summary>
/// A stage that samples the latents of a picture as a whole: in through an encoder where the pipeline works on latents, out through a decoder. Latents are
/// held in memory, and so is the picture that comes in until the colours of the result were compared with it (12 bytes a pixel); the result passes in strips.
/// </summary>
public abstract class SampledStage : ILatentStage
{
    /// <summary>Side of a window for networks whose config does not say what they were trained with, in latent pixels.</summary>
    private const int UsualWindow = 64;

    private readonly ColorFix _colorFix;
    private ImageShape _input;
    private ImageShape _extended;
    private ImageShape _output;
    private ImageShape _latents;

    /// <param name="folder">Of the model.</param>
    /// <param name="unet">Its network.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="colorFix">How the result gets its colours back.</param>
    /// <param name="services">What the engine offers.</param>
    protected SampledStage(PipelineFolder folder, Unet unet, SamplingOptions options, ColorFix colorFix, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(services);
        (Folder, Unet, Options, _colorFix, Services) = (folder, unet, options, colorFix, services);
        Autoencoder = Autoencoder.Read(folder.Card, services);
    }

    /// <summary>For a part of the picture of another stage: with the same networks and options, and no colour fix of its own.</summary>
    /// <param name="whole">The other stage.</param>
    private protected SampledStage(SampledStage whole)
        => (Folder, Unet, Options, _colorFix, Services, Autoencoder) = (whole.Folder, whole.Unet, whole.Options, ColorFix.None, whole.Services, whole.Autoencoder);

    /// <inheritdoc/>
    public LatentSpace? InputSpace => WorksOnLatents ? Autoencoder.Space : null;

    /// <inheritdoc/>
    public LatentSpace? OutputSpace => Autoencoder.Space;

    /// <summary>The noise of this pass.</summary>
    public INoise? Noise { get; init; }

    /// <summary>Largest side of a window in pixels of the result; null for what the user wants, or the network was trained with.</summary>
    public int? WindowSize { get; init; }

    /// <summary>The folder of the model.</summary>
    protected PipelineFolder Folder { get; }

    /// <summary>The network.</summary>
    protected Unet Unet { get; }

    /// <summary>What the user says.</summary>
    protected SamplingOptions Options { get; }

    /// <summary>What the engine offers.</summary>
    protected IStageServices Services { get; }

    /// <summary>The way between pictures and latents.</summary>
    protected Autoencoder Autoencoder { get; }

    /// <summary>The sampler, with its steps set by planning.</summary>
    protected IScheduler Scheduler { get; private set; } = null!;

    /// <summary>The windows over the latents that are sampled.</summary>
    protected LatentWindows Windows { get; private set; } = null!;

    /// <summary>The noise to draw from.</summary>
    protected INoise Draws => Noise ?? Services.Noise;

    /// <summary>True where the pipeline samples from the latents of its input; false where it sees the picture itself.</summary>
    protected abstract bool WorksOnLatents { get; }

    /// <summary>How strongly the prompt leads.</summary>
    protected abstract double GuidanceScale { get; }

    /// <summary>How often the input goes through the encoder.</summary>
    protected virtual int Encodings => WorksOnLatents ? 1 : 0;

    /// <summary>The most latent pixels of a window that memory is known to allow.</summary>
    private protected long LargestWindow => Math.Min(
        Services.Models.TileBudget / Math.Max(Unet.Component.BytesPerPixel, 1),
        Services.TileMemory.Limit(ITileMemory.Key(Unet.Component.Sha256, Services.Models.Device)) ?? long.MaxValue);

    /// <inheritdoc/>
    public virtual ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        if (WorksOnLatents && !Autoencoder.CanEncode)
            throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The model '{Folder.Card.Id}' ({Folder.Card.Path}) has no encoder: 'vae_encoder/model.onnx' was expected. Export the model again.");
        _input = input;
        _output = Result(input);
        (int width, int height) = LatentSize(_output);
        _latents = new ImageShape(width, height, Autoencoder.LatentChannels);
        _extended = Extend(input, _latents);
        Scheduler = MakeScheduler();
        Windows = LatentWindows.Over(width, height, Window(), Options.Overlap, Unet.MultipleOf);
        long window = (long)Windows.Width * Windows.Height * Unet.Component.BytesPerPixel;
        long kept = _colorFix == ColorFix.None ? 0 : input.Pixels * 3 * sizeof(float);
        int encoding = Encodings > 0 ? Encodings * Autoencoder.EncodeTiles(_extended) : 0;
        return ValueTask.FromResult(new StagePlan
        {
            Output = _output,
            Halo = Math.Max(input.Width, input.Height),
            Tiles = encoding + (Scheduler.Timesteps.Count * Windows.Count) + Autoencoder.DecodeTiles(_latents),
            TileSize = (Windows.Width * Autoencoder.Factor * input.Width / _output.Width, Windows.Height * Autoencoder.Factor * input.Height / _output.Height),
            MemoryBytes = window + (8L * width * height * Autoencoder.LatentChannels * sizeof(float)) + kept,
            Models = [Folder.Card.Id],
            Device = Services.Models.Device,
        });
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input) => Connect(input, takesLatents: false, givesLatents: false);

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents)
    {
        ArgumentNullException.ThrowIfNull(input);
        IStripSource source = !takesLatents && _input.Channels == 1 ? new WideSource(input) : input;

        // Latents have no colours to compare with; those that come in or go out unseen keep theirs.
        StripTee? kept = _colorFix != ColorFix.None && !takesLatents && !givesLatents ? new StripTee(source) : null;
        source = kept?.Second ?? source;
        IStripSource prepared = takesLatents
            ? new ExtendedSource(source, _extended.Width / Autoencoder.Factor, _extended.Height / Autoencoder.Factor)
            : Prepare(new ExtendedSource(source, _extended.Width, _extended.Height));
        IStripSource latents = new SampledSource(_latents, prepared, SampleAsync);
        if (givesLatents)
        {
            ImageShape given = Autoencoder.Space.Shape(_output);
            return new CroppedSource(latents, given.Width, given.Height);
        }

        IStripSource picture = new CroppedSource(Autoencoder.Decode(latents), _output.Width, _output.Height);
        if (kept is not null)
            picture = ColorFixing.Apply(_colorFix, picture, new ReferenceSource(kept.First, _output, Services));
        return _output.Channels == 1 ? new MeanSource(picture) : picture;
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>The size of the result.</summary>
    /// <param name="input">The size that comes in.</param>
    protected abstract ImageShape Result(ImageShape input);

    /// <summary>The size that the input is extended to, in its pixels.</summary>
    /// <param name="input">The size that comes in.</param>
    /// <param name="latents">What is sampled.</param>
    protected abstract ImageShape Extend(ImageShape input, ImageShape latents);

    /// <summary>The sampler with its steps set.</summary>
    protected abstract IScheduler MakeScheduler();

    /// <summary>What sampling begins with, as a source over the extended picture: its latents, or itself.</summary>
    /// <param name="picture">RGB, 0..1.</param>
    protected virtual IStripSource Prepare(IStripSource picture) => WorksOnLatents ? Autoencoder.Encode(picture, Draws, NoiseField.Posterior) : picture;

    /// <summary>Samples.</summary>
    /// <param name="prepared">From <see cref="Prepare"/>, whole; disposed by this.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>Latents.</returns>
    protected abstract Task<Tile> SampleAsync(Tile prepared, CancellationToken cancellationToken);

    /// <summary>The noise to begin with, of deviation 1.</summary>
    protected Tile StartNoise()
    {
        var noise = new Tile(_latents.Width, _latents.Height, _latents.Channels);
        LatentSampler.Fill(Draws, NoiseField.Start, noise.Width, noise.Height, noise.Data.Span);
        return noise;
    }

    /// <summary>Noise alone, as the first step expects it.</summary>
    protected Tile StartFromNoise()
    {
        Tile latents = StartNoise();
        Linear.Scale(latents.Data.Span, Scheduler.InitNoiseSigma, latents.Data.Span);
        return latents;
    }

    /// <summary>Runs all steps.</summary>
    /// <param name="latents">As the first step expects them; receives the result.</param>
    /// <param name="prompt">What the network is told.</param>
    /// <param name="negative">What it is told instead for the negative prompt; null for none.</param>
    /// <param name="companion">See <see cref="Denoiser.Companion"/>.</param>
    /// <param name="scalesCompanion">See <see cref="Denoiser.ScalesCompanion"/>.</param>
    /// <param name="preconditioning">Null for the sampler's own.</param>
    /// <param name="afterStep">See <see cref="LatentSampler"/>.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    private protected Task RunAsync(
        Tile latents, UnetConditions prompt, UnetConditions? negative, Tile? companion, bool scalesCompanion, IPreconditioning? preconditioning, Action<int>? afterStep, CancellationToken cancellationToken)
    {
        var denoiser = new Denoiser(Folder.Card, Unet, Services)
        {
            Guidance = new Guidance(GuidanceScale, prompt, negative),
            Windows = Windows,
            Overlap = Options.Overlap,
            Companion = companion,
            ScalesCompanion = scalesCompanion,
        };
        return LatentSampler.RunAsync(latents, Scheduler, preconditioning ?? new SchedulerPreconditioning(Scheduler), denoiser, Draws, afterStep, cancellationToken);
    }

    /// <summary>A length made a multiple.</summary>
    private protected static int RoundUp(int length, int multipleOf) => (length + multipleOf - 1) / multipleOf * multipleOf;

    private (int Width, int Height) LatentSize(ImageShape output)
    {
        // Networks that reflect what is beyond an edge need two pixels on their lowest level.
        int least = 2 * Unet.MultipleOf;
        int width = Math.Max(least, RoundUp((output.Width + Autoencoder.Factor - 1) / Autoencoder.Factor, Unet.MultipleOf));
        int height = Math.Max(least, RoundUp((output.Height + Autoencoder.Factor - 1) / Autoencoder.Factor, Unet.MultipleOf));
        return Unet.FixedSize is { } size ? (Math.Max(width, size.Width), Math.Max(height, size.Height)) : (width, height);
    }

    /// <summary>Largest window: as the network was trained, or as the user wants it, within what memory allows.</summary>
    private (int Width, int Height) Window()
    {
        if (Unet.FixedSize is { } size)
            return size;
        int side = Math.Max(Unet.SampleSize ?? 0, UsualWindow);
        if (WindowSize is { } window)
            side = window / Autoencoder.Factor;
        else if (Services.TileSize is { } tile)
            side = (int)((long)tile * _output.Width / _input.Width / Autoencoder.Factor);
        side = Math.Max(2 * Unet.MultipleOf, Math.Min(side, (int)Math.Sqrt(LargestWindow)));
        return (side, side);
    }
}
