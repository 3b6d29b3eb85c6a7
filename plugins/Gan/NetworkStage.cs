namespace Upscale.Gan;

/// <summary>
/// One pass of a network over the picture, tile by tile. A gray picture goes through a colour network as three equal planes
/// and comes out as their mean, so that it stays gray; the alpha plane of an RGBA network is fed opaque.
/// </summary>
/// <param name="card">The network.</param>
/// <param name="services">What the engine offers.</param>
/// <param name="amount">Part of the network in the result, the rest being what came in; below 1 for networks that do not enlarge.</param>
internal sealed class NetworkStage(ModelCard card, IStageServices services, float amount = 1) : TileStage(services)
{
    private Tile? _input;
    private Tile? _output;

    public override ValueTask DisposeAsync()
    {
        _input?.Dispose();
        _output?.Dispose();
        return base.DisposeAsync();
    }

    protected override ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new TileProfile
    {
        Scale = card.Scale,
        Halo = card.Halo,
        MultipleOf = card.MultipleOf,
        Alignment = card.Alignment,
        PreferWhole = card.GlobalPooling,
        MinimumSize = card.MinimumSize,
        FixedSize = card.FixedSize,
        Border = card.Border,
        BytesPerPixel = card.BytesPerPixel,
        MemoryBudget = Services.Models.TileBudget,
        MemoryKey = ITileMemory.Key(card.Sha256, Services.Models.Device),
        OperationsPerPixel = (card.MegaflopsPerPixel ?? 0) * 1e6,
        Models = [card.Id],
        Device = Services.Models.Device,
    });

    protected override async ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        IModelLease lease = await Services.Models.LeaseAsync(card, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            bool direct = input.Channels == card.Channels && output.Channels == card.OutputChannels;
            Tile fed = direct ? input : Reuse(ref _input, input, card.Channels);
            Tile raw = direct ? output : Reuse(ref _output, output, card.OutputChannels);
            if (!direct)
                Widen(input, fed);
            RunOutcome outcome = await lease.RunAsync(fed, raw, cancellationToken).ConfigureAwait(false);
            if (outcome != RunOutcome.Done)
                return outcome;
            if (!direct)
                Narrow(raw, output);
            if (amount < 1)
                Mix(input, output);
            return outcome;
        }
    }

    private static Tile Reuse(ref Tile? tile, Tile like, int channels)
    {
        if (tile is null || (tile.Width, tile.Height) != (like.Width, like.Height))
        {
            tile?.Dispose();
            tile = new Tile(like.Width, like.Height, channels);
        }

        (tile.X, tile.Y) = (like.X, like.Y);
        return tile;
    }

    private static void Widen(Tile from, Tile to)
    {
        for (int c = 0; c < to.Channels; c++)
        {
            if (c == 3)
                to.Plane(c).Fill(1);
            else
                from.Plane(Math.Min(c, from.Channels - 1)).CopyTo(to.Plane(c));
        }
    }

    private static void Narrow(Tile from, Tile to)
    {
        if (to.Channels == 1 && from.Channels >= 3)
        {
            ReadOnlySpan<float> red = from.Plane(0);
            ReadOnlySpan<float> green = from.Plane(1);
            ReadOnlySpan<float> blue = from.Plane(2);
            Span<float> gray = to.Plane(0);
            for (int i = 0; i < gray.Length; i++)
                gray[i] = (red[i] + green[i] + blue[i]) / 3;
            return;
        }

        for (int c = 0; c < to.Channels; c++)
            from.Plane(Math.Min(c, from.Channels - 1)).CopyTo(to.Plane(c));
    }

    private void Mix(Tile from, Tile to)
    {
        for (int c = 0; c < to.Channels; c++)
        {
            for (int y = 0; y < to.Height; y++)
            {
                ReadOnlySpan<float> before = from.Row(c, y + card.Border)[card.Border..];
                Span<float> row = to.Row(c, y);
                for (int x = 0; x < row.Length; x++)
                    row[x] = (amount * row[x]) + ((1 - amount) * before[x]);
            }
        }
    }
}
