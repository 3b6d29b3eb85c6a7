namespace Upscale;

/// <summary>
/// A stage that maps a tile to a tile: override <see cref="ProcessAsync"/>, and <see cref="DescribeAsync"/> where it enlarges or looks
/// around, and the base does the rest. It cuts the picture, keeps the rows that neighbouring tiles share, makes up pixels beyond the
/// edges by reflection, and takes smaller tiles when a run is too large, going on from the row it was at.
/// </summary>
public abstract class TileStage : IStage
{
    private ImageShape _input;
    private TileProfile? _profile;

    /// <param name="services">What the engine offers to this stage.</param>
    protected TileStage(IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
    }

    /// <summary>What the engine offers to this stage.</summary>
    protected IStageServices Services { get; }

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        TileProfile profile = await DescribeAsync(input, cancellationToken).ConfigureAwait(false);
        _input = input;
        _profile = profile;
        TileLayout layout = TileLayout.Choose(input.Width, input.Height, profile, Services.TileSize, PixelLimit(profile))
            ?? throw TooLarge(profile);
        int tiles = layout.Columns.Count * layout.Rows(input.Height, profile).Length;
        (int Width, int Height) tile = (layout.TileWidth + (2 * profile.Border), layout.TileHeight + (2 * profile.Border));
        long pixels = (long)tile.Width * tile.Height;
        ImageShape output = Output(input, profile);
        return new StagePlan
        {
            Output = output,
            Halo = layout.Halo,
            Tiles = tiles,
            TileSize = tile,
            MemoryBytes = (pixels * profile.BytesPerPixel) + ((long)output.Width * output.Channels * sizeof(float) * layout.TileHeight * profile.Scale),
            Operations = profile.OperationsPerPixel * pixels * tiles,
            Models = profile.Models,
            Device = profile.Device,
        };
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TileProfile profile = _profile ?? throw new InvalidOperationException("The stage was not planned.");
        if (input.Shape != _input)
            throw new InvalidOperationException($"The stage was planned for {_input} and connected to {input.Shape}.");
        return new TileSource(input, Output(_input, profile), profile, Services, ProcessAsync);
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Tells what the stage does with a picture of this size. Unless overridden: it keeps the size and looks at each pixel by itself.</summary>
    /// <param name="input">The size that comes in.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    /// <exception cref="UpscaleException">The stage refuses: the message says why and what to do.</exception>
    protected virtual ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new TileProfile());

    /// <summary>Makes one output tile.</summary>
    /// <param name="input">
    /// Of one size for the whole picture; <see cref="Tile.X"/> and <see cref="Tile.Y"/> say where it lies. Belongs to the base.
    /// </param>
    /// <param name="output">(input - 2 border) x scale pixels with the output's channels, to be filled whole. Belongs to the base.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    protected abstract ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken);

    internal static UpscaleException TooLarge(TileProfile profile) => new(
        UpscaleErrorId.OutOfMemory,
        $"Even the smallest tile of {string.Join(" + ", profile.Models)} needs more memory than {profile.Device ?? "this machine"} has free. "
        + "Close other programs, choose a smaller network, or another device.");

    private static ImageShape Output(ImageShape input, TileProfile profile)
        => new(checked(input.Width * profile.Scale), checked(input.Height * profile.Scale), profile.OutputChannels ?? input.Channels);

    private long? PixelLimit(TileProfile profile) => profile.MemoryKey is { } key ? Services.TileMemory.Limit(key) : null;
}
