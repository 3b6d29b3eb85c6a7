using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Autoencoding;

/// <summary>
/// Makes latents of pictures and pictures of latents, by the two halves of an autoencoder: AutoencoderKL or VQModel as diffusers and optimum export them. What is too
/// large for the memory is cut into overlapping tiles.
/// </summary>
public sealed class Autoencoder
{
    /// <summary>Smallest side of a tile that still overlaps its neighbours.</summary>
    private const int SmallestTile = 4;

    private static readonly PlaneMap s_toGraph = new([2], [-1]);
    private static readonly PlaneMap s_fromGraph = new([0.5], [0.5]);

    private readonly ModelCard _card;
    private readonly IStageServices _services;
    private readonly Codec _decoder;
    private readonly Codec? _encoder;
    private readonly PlaneMap _toLatents;
    private readonly PlaneMap _fromLatents;

    private Autoencoder(ModelCard card, IStageServices services, AutoencoderGraphs graphs, AutoencoderConfig config, int? tile)
    {
        (_card, _services) = (card, services);
        ComponentGraph decoder = graphs.Decoder;
        LatentChannels = Channels(decoder, config);
        Factor = DeclaredFactor(decoder) ?? config.Factor;
        Space = new LatentSpace(card.LatentSpace ?? decoder.Component.Sha256, LatentChannels, Factor, config.ScalingFactor);
        _decoder = Describe(decoder, config, tile, 1, Factor, LatentChannels, AutoencoderGraphs.PictureChannels);
        if (graphs.Encoder is { } encoder)
            _encoder = Describe(encoder, config, tile, Factor, 1, AutoencoderGraphs.PictureChannels, EncodedChannels(encoder, LatentChannels));
        double[] factors = [.. config.Deviations.Select(d => config.ScalingFactor / d)];
        _toLatents = new PlaneMap(factors, [.. Enumerable.Range(0, LatentChannels).Select(c => -config.Means[c % config.Means.Length] * factors[c % factors.Length])]);
        _fromLatents = new PlaneMap([.. factors.Select(f => 1 / f)], config.Means);
    }

    /// <summary>What its latents mean: as the card declares it, or else by the hash of the decoder.</summary>
    public LatentSpace Space { get; }

    /// <summary>Pixels for each latent along a side.</summary>
    public int Factor { get; }

    /// <summary>Planes of the latents.</summary>
    public int LatentChannels { get; }

    /// <summary>False for a model that has only the half that decodes.</summary>
    public bool CanEncode => _encoder is not null;

    private Codec Encoder => _encoder ?? throw AutoencoderGraphs.MissingEncoder(_card);

    /// <summary>
    /// Finds the two halves among a model's components by what their graphs take and give: latents in, a picture of 3 channels out; and a picture in, and out of it either
    /// the latents, or twice as many channels: their means and the logarithms of their variances. Numbers come from the config.json beside the decoder
    /// (<c>scaling_factor</c>, <c>shift_factor</c> or <c>latents_mean</c> and <c>latents_std</c>, <c>latent_channels</c>, <c>block_out_channels</c>); what it does not
    /// say is that of the pipeline's class: 0.18215 and 8 pixels for each latent, or those of SDXL, the x4 upscaler, or LDM.
    /// </summary>
    /// <param name="card">From <see cref="IModelPool.DescribeAsync"/>.</param>
    /// <param name="services">What the engine offers.</param>
    /// <param name="tile">
    /// Largest side of a tile in latents, a multiple of 4: tiles are then placed and blended exactly as enable_tiling of diffusers does it. Null for tiles of one size, as
    /// large as memory allows, that leave no step where they meet.
    /// </param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the component and its file, and says what was expected.</exception>
    public static Autoencoder Read(ModelCard card, IStageServices services, int? tile = null)
    {
        ArgumentNullException.ThrowIfNull(card);
        ArgumentNullException.ThrowIfNull(services);
        if (tile is { } side)
            ArgumentOutOfRangeException.ThrowIfLessThan(side, SmallestTile, nameof(tile));
        AutoencoderGraphs graphs = AutoencoderGraphs.Find(card);
        ComponentGraph?[] halves = [graphs.Decoder, graphs.Encoder];
        string? path = halves.Select(h => h is null ? null : Path.Combine(Path.GetDirectoryName(h.Component.Path)!, "config.json")).FirstOrDefault(File.Exists);
        AutoencoderConfig config = path is null ? AutoencoderConfig.Default(card.Pipeline) : AutoencoderConfig.Read(path, card.Pipeline);
        return new Autoencoder(card, services, graphs, config, tile);
    }

    /// <summary>The latents of a picture: (mean + exp(0.5 clamp(log variance, -30, 20)) x noise - shift) x scaling factor.</summary>
    /// <param name="picture">RGB, values 0..1, sides multiples of <see cref="Factor"/>; the returned source owns it.</param>
    /// <param name="noise">Where the draw comes from, at the places of the latents; unused where the graph gives the latents themselves.</param>
    /// <param name="posteriorField">Its field, such as <see cref="Denoising.NoiseField.Posterior"/>.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: there is no encoder.</exception>
    public IStripSource Encode(IStripSource picture, INoise noise, int posteriorField)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(noise);
        Codec encoder = Encoder;
        CheckPicture(picture.Shape);
        if (encoder.Component.IsRandom)
            _services.Warn($"The encoder '{encoder.Component.Path}' draws its own noise: the result is another one every time, whatever the seed. Export it with its latent parameters as output.");
        return encoder.OutputChannels == LatentChannels
            ? new TiledSource(picture, encoder, _card, _services, s_toGraph, _toLatents)
            : new PosteriorSource(new TiledSource(picture, encoder, _card, _services, s_toGraph, null), noise, posteriorField, _toLatents);
    }

    /// <summary>The picture of latents: y / 2 + 0.5 of what the decoder makes of latents / scaling factor + shift; not clipped.</summary>
    /// <param name="latents">Of <see cref="LatentChannels"/>; the returned source owns it.</param>
    public IStripSource Decode(IStripSource latents)
    {
        ArgumentNullException.ThrowIfNull(latents);
        return latents.Shape.Channels == LatentChannels
            ? new TiledSource(latents, _decoder, _card, _services, _fromLatents, s_fromGraph)
            : throw new ArgumentException($"Latents of {LatentChannels} channels are decoded, not {latents.Shape}.", nameof(latents));
    }

    /// <summary>Tiles that <see cref="Encode"/> takes.</summary>
    /// <param name="picture">Its size; sides are multiples of <see cref="Factor"/>.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotSupported"/>: there is no encoder; <see cref="UpscaleErrorId.OutOfMemory"/>: even the smallest tile is known to be too large.
    /// </exception>
    public int EncodeTiles(ImageShape picture)
    {
        CheckPicture(picture);
        return Encoder.Cut(picture.Width / Factor, picture.Height / Factor, _card, _services).Count;
    }

    /// <summary>Tiles that <see cref="Decode"/> takes.</summary>
    /// <param name="latents">Their size.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OutOfMemory"/>: even the smallest tile is known to be too large.</exception>
    public int DecodeTiles(ImageShape latents) => _decoder.Cut(latents.Width, latents.Height, _card, _services).Count;

    private static int Channels(ComponentGraph decoder, AutoencoderConfig config)
    {
        int declared = AutoencoderGraphs.Input(decoder).Dimensions[1];
        int channels = declared > 0 ? declared : config.LatentChannels ?? throw decoder.Unfit("does not tell how many channels its latents have, nor does a config.json beside it");
        return (config.LatentChannels ?? channels) == channels && new[] { config.Means.Length, config.Deviations.Length }.All(n => n == 1 || n == channels)
            ? channels
            : throw decoder.Unfit("takes latents of another number of channels than its config.json tells");
    }

    /// <summary>Pixels for each latent, where the graph is fixed to one size.</summary>
    private static int? DeclaredFactor(ComponentGraph decoder)
        => (AutoencoderGraphs.Input(decoder).Dimensions[2], AutoencoderGraphs.Output(decoder).Dimensions[2]) is (> 0 and var latents, > 0 and var pixels)
            ? pixels % latents == 0 ? pixels / latents : throw decoder.Unfit("does not enlarge by a whole factor")
            : null;

    private static int EncodedChannels(ComponentGraph encoder, int latents)
    {
        TensorInfo output = AutoencoderGraphs.Output(encoder);
        int declared = output.Dimensions[1];
        return declared < 1 ? (output.Name.Contains("param", StringComparison.OrdinalIgnoreCase) ? 2 * latents : latents)
            : declared == latents || declared == 2 * latents ? declared
            : throw encoder.Unfit($"gives neither latents of {latents} channels, nor {2 * latents}: means, and logarithms of variances");
    }

    private static Codec Describe(ComponentGraph graph, AutoencoderConfig config, int? tile, int inputScale, int outputScale, int inputChannels, int outputChannels)
    {
        TensorInfo input = AutoencoderGraphs.Input(graph);
        if (input.Dimensions[0] > 1)
            throw graph.Unfit($"is fixed to {input.Dimensions[0]} pictures in a run, and one is given to it");
        return new Codec(graph.Component, input, AutoencoderGraphs.Output(graph))
        {
            InputChannels = inputChannels,
            OutputChannels = outputChannels,
            InputScale = inputScale,
            OutputScale = outputScale,
            FixedWidth = Fixed(input.Dimensions[3]),
            FixedHeight = Fixed(input.Dimensions[2]),
            TileSize = tile,
            BytesPerLatent = Math.Max(graph.Component.BytesPerPixel, config.BytesPerLatent),

            // Products of all latents with all others, before and behind their exponential.
            BytesPerPair = config.HasAttention ? 2 * sizeof(float) : 0,
        };

        int? Fixed(int length)
            => length < 1 ? null : length % inputScale == 0 ? length / inputScale : throw graph.Unfit($"is fixed to a side of {length}, no multiple of the {inputScale} pixels of a latent");
    }

    private void CheckPicture(ImageShape picture)
    {
        if (picture.Channels != AutoencoderGraphs.PictureChannels || picture.Width % Factor != 0 || picture.Height % Factor != 0)
            throw new ArgumentException($"Pictures of 3 channels whose sides are multiples of {Factor} are encoded, not {picture}.", nameof(picture));
    }
}
