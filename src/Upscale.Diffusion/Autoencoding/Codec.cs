namespace Upscale.Diffusion.Autoencoding;

/// <summary>One half of an autoencoder, and the tiles that it is run on. Where nothing else is said, sizes are those of latents.</summary>
/// <param name="component">Its graph.</param>
/// <param name="input">Of the graph: batch x channels x height x width.</param>
/// <param name="output">Of the graph: batch x channels x height x width.</param>
internal sealed class Codec(ModelComponent component, TensorInfo input, TensorInfo output)
{
    /// <summary>What a tile of fewer latents says of its middle differs visibly from what the whole says.</summary>
    private const int SmallestSide = 32;

    /// <summary>Its graph.</summary>
    public ModelComponent Component => component;

    /// <summary>Planes that go in.</summary>
    public required int InputChannels { get; init; }

    /// <summary>Planes that come out.</summary>
    public required int OutputChannels { get; init; }

    /// <summary>Rows and columns that go in for each latent.</summary>
    public required int InputScale { get; init; }

    /// <summary>Rows and columns that come out for each latent.</summary>
    public required int OutputScale { get; init; }

    /// <summary>The only width of a tile; null for any.</summary>
    public int? FixedWidth { get; init; }

    /// <summary>The only height of a tile; null for any.</summary>
    public int? FixedHeight { get; init; }

    /// <summary>Largest side of a tile that was asked for; null for what memory allows.</summary>
    public int? TileSize { get; init; }

    /// <summary>
    /// True to cut and blend as enable_tiling of diffusers does: each tile with the one above, then with the one to the left, as these have become by it. Where four tiles
    /// meet that blends twice, and leaves a step of up to a quarter of what they differ by.
    /// </summary>
    public bool LikeDiffusers => TileSize is not null && FixedWidth is null && FixedHeight is null;

    /// <summary>Working memory of a run in bytes for each latent.</summary>
    public required long BytesPerLatent { get; init; }

    /// <summary>Working memory of a run in bytes for each latent and each other one that it looks at.</summary>
    public required long BytesPerPair { get; init; }

    /// <summary>Cuts latents into the largest tiles that memory allows and that are not known to be too large.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OutOfMemory"/>: even the smallest ones are.</exception>
    public TileGrid Cut(int width, int height, ModelCard card, IStageServices services)
    {
        int smallest = TileSize is { } wanted ? Math.Min(wanted, SmallestSide) : SmallestSide;
        smallest *= smallest;
        long limit = services.TileMemory.Limit(MemoryKey(services)) ?? long.MaxValue;

        // The limit is half of what failed: it may lie below the smallest tile though that did not fail.
        if (limit <= smallest / 2 || (long)(FixedWidth ?? 1) * (FixedHeight ?? 1) > limit)
        {
            throw new UpscaleException(
                UpscaleErrorId.OutOfMemory,
                $"Even the smallest tile of the {component.Name} of '{card.Id}' needs more memory than {services.Models.Device} has free. Close other programs, choose a smaller network, or another device.");
        }

        long largest = Math.Max(Math.Min(Affordable(services.Models.TileBudget), limit), smallest);
        int side = (int)Math.Min(Math.Sqrt(largest), int.MaxValue);
        if (LikeDiffusers)
        {
            side = Math.Min(side, TileSize!.Value);
            bool whole = width <= side && height <= side;
            return new TileGrid(TileRange.Split(width, side, !whole), TileRange.Split(height, side, !whole));
        }

        int columns = FixedWidth ?? Math.Min(width, side);
        int rows = FixedHeight ?? (int)Math.Clamp(largest / columns, 1, height);
        columns = FixedWidth ?? (int)Math.Clamp(largest / rows, 1, width);
        return new TileGrid(TileRange.Split(width, columns, false), TileRange.Split(height, rows, false));
    }

    /// <summary>Runs the graph on one tile; remembers, and tells, when it was too large.</summary>
    public async ValueTask<RunOutcome> RunAsync(Tile from, Tile to, ModelCard card, IStageServices services, CancellationToken cancellationToken)
    {
        RunOutcome outcome;
        IModelLease lease = await services.Models.LeaseAsync(card, component.Name, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            outcome = await lease.RunAsync(
                [new NamedTensor(input.Name, [1, from.Channels, from.Height, from.Width], from.Data)],
                [new NamedTensor(output.Name, [1, to.Channels, to.Height, to.Width], to.Data)],
                cancellationToken).ConfigureAwait(false);
        }

        if (outcome == RunOutcome.TooLarge)
        {
            (int width, int height) = (from.Width / InputScale, from.Height / InputScale);
            services.TileMemory.TooLarge(MemoryKey(services), (long)width * height);
            services.Warn($"A tile of {width}x{height} latents was too large for the memory of {services.Models.Device}; smaller ones are used.");
        }

        return outcome;
    }

    private string MemoryKey(IStageServices services) => ITileMemory.Key(component.Sha256, services.Models.Device);

    /// <summary>The most latents whose run takes no more than that.</summary>
    private long Affordable(long budget)
    {
        double linear = BytesPerLatent;
        return BytesPerPair == 0
            ? budget / BytesPerLatent
            : (long)((Math.Sqrt((linear * linear) + (4.0 * BytesPerPair * budget)) - linear) / (2.0 * BytesPerPair));
    }
}
