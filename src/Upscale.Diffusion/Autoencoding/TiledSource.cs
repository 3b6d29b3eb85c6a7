namespace Upscale.Diffusion.Autoencoding;

/// <summary>
/// Runs one half of an autoencoder over a picture, or over latents, one row of tiles at a time. Where tiles overlap, each one turns linearly into the next: those of a
/// row from left to right, then the row above into the row.
/// </summary>
internal sealed class TiledSource : IStripSource
{
    private const int SliceFloats = 1 << 20;
    private readonly StripWindow _window;
    private readonly Codec _codec;
    private readonly ModelCard _card;
    private readonly IStageServices _services;
    private readonly PlaneMap _before;
    private readonly PlaneMap? _after;
    private readonly int _width;
    private readonly int _height;
    private TileGrid? _grid;
    private Queue<TileRange> _rows = new();
    private List<Tile> _tiles = [];
    private int _next;
    private int _end;

    /// <param name="input">Its sides are multiples of the input scale; disposed with this.</param>
    /// <param name="codec">What runs.</param>
    /// <param name="card">Of the network.</param>
    /// <param name="services">What the engine offers.</param>
    /// <param name="before">Makes what the graph wants of what goes in.</param>
    /// <param name="after">Makes what is wanted of what the graph gives; null to take that.</param>
    public TiledSource(IStripSource input, Codec codec, ModelCard card, IStageServices services, PlaneMap before, PlaneMap? after)
    {
        _window = new StripWindow(input);
        (_codec, _card, _services, _before, _after) = (codec, card, services, before, after);
        (_width, _height) = (input.Shape.Width / codec.InputScale, input.Shape.Height / codec.InputScale);
        Shape = new ImageShape(_width * codec.OutputScale, _height * codec.OutputScale, codec.OutputChannels);
    }

    public ImageShape Shape { get; }

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next >= Shape.Height)
            return null;
        if (_next == _end)
            await MakeRowAsync(cancellationToken).ConfigureAwait(false);
        int height = Math.Clamp(SliceFloats / (Shape.Width * Shape.Channels), 1, _end - _next);
        var slice = new Strip(Shape.Width, Shape.Channels, _next, height);
        foreach (Tile tile in _tiles)
        {
            int width = Math.Min(tile.Width, Shape.Width - tile.X);
            for (int c = 0; c < Shape.Channels; c++)
            {
                for (int y = slice.Top; y < slice.Bottom; y++)
                    tile.Row(c, y - tile.Y)[..width].CopyTo(slice.Row(c, y)[tile.X..]);
            }
        }

        _next += height;
        return slice;
    }

    public async ValueTask DisposeAsync()
    {
        Release(_tiles);
        await _window.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Makes the row of tiles that begins with row <see cref="_next"/> of the result.</summary>
    private async ValueTask MakeRowAsync(CancellationToken cancellationToken)
    {
        TrimTiles();
        while (true)
        {
            _grid ??= Cut();
            TileRange range = _rows.Peek();
            await _window.MoveAsync(range.Start * _codec.InputScale, range.End * _codec.InputScale, cancellationToken).ConfigureAwait(false);
            if (await FillAsync(range, _grid.Columns, cancellationToken).ConfigureAwait(false) is { } tiles)
            {
                Release(_tiles);
                _tiles = tiles;
                _rows.Dequeue();
                _end = (_rows.TryPeek(out TileRange next) ? next.Start : _height) * _codec.OutputScale;
                return;
            }

            _grid = null;
        }
    }

    /// <summary>Lets go of what the tiles say of rows that were handed out.</summary>
    private void TrimTiles()
    {
        List<Tile> tiles = [.. _tiles.Where(t => t.Y + t.Height > _next).Select(t => Part(t, t.X, _next, t.Width, t.Y + t.Height - _next))];
        Release(_tiles);
        _tiles = tiles;
    }

    /// <summary>Cuts what is left into the largest tiles that are not known to be too large.</summary>
    private TileGrid Cut()
    {
        int scale = _codec.OutputScale;
        int done = _next / scale;
        TileGrid grid = _codec.Cut(_width, _height - done, _card, _services);
        _rows = new Queue<TileRange>(grid.Rows.Select(r => new TileRange(r.Start + done, r.End + done)));
        _services.Log($"'{_card.Id}' runs {_codec.Component.Name} on tiles of {grid.Columns[0].Length}x{grid.Rows[0].Length} latents of {_width}x{_height}.");
        if (_tiles.Count == 0)
            return grid;

        // What larger tiles have said of the next rows, cut as those are now.
        using var above = new Tile(Shape.Width, _tiles[0].Height, Shape.Channels) { Y = _tiles[0].Y };
        foreach (Tile tile in _tiles)
            Copy(tile, above);
        Release(_tiles);
        _tiles.AddRange(grid.Columns.Select(c => Part(above, c.Start * scale, above.Y, c.Length * scale, above.Height)));
        return grid;
    }

    /// <summary>Makes a row of tiles; null when one was too large.</summary>
    private async ValueTask<List<Tile>?> FillAsync(TileRange range, TileRange[] columns, CancellationToken cancellationToken)
    {
        var tiles = new List<Tile>();
        bool finished = false;
        try
        {
            for (int i = 0; i < columns.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (int width, int height) = (_codec.FixedWidth ?? columns[i].Length, _codec.FixedHeight ?? range.Length);
                var tile = new Tile(width * _codec.OutputScale, height * _codec.OutputScale, Shape.Channels) { X = columns[i].Start * _codec.OutputScale, Y = range.Start * _codec.OutputScale };
                tiles.Add(tile);
                using var input = new Tile(width * _codec.InputScale, height * _codec.InputScale, _codec.InputChannels) { X = columns[i].Start * _codec.InputScale, Y = range.Start * _codec.InputScale };
                Gather(input);
                _before.Apply(input);
                if (await _codec.RunAsync(input, tile, _card, _services, cancellationToken).ConfigureAwait(false) == RunOutcome.TooLarge)
                    return null;
                _after?.Apply(tile);
                if (_codec.LikeDiffusers)
                    BlendDown(i);
                if (i > 0)
                    BlendAcross(tiles[i - 1], tile);
                _services.ReportTiles(1);
            }

            for (int i = 0; i < tiles.Count && !_codec.LikeDiffusers; i++)
                BlendDown(i);
            finished = true;
            return tiles;
        }
        finally
        {
            if (!finished)
                Release(tiles);
        }

        void BlendDown(int i)
        {
            if (_tiles.Count > 0)
                TiledSource.BlendDown(_tiles[i], tiles[i]);
        }
    }

    /// <summary>Fills a tile; what reaches beyond the edge repeats the edge.</summary>
    private void Gather(Tile tile)
    {
        int inside = Math.Min(tile.Width, _window.Shape.Width - tile.X);
        for (int c = 0; c < tile.Channels; c++)
        {
            for (int y = 0; y < tile.Height; y++)
            {
                Span<float> target = tile.Row(c, y);
                _window.Row(c, Math.Min(tile.Y + y, _window.Shape.Height - 1)).Slice(tile.X, inside).CopyTo(target);
                target[inside..].Fill(target[inside - 1]);
            }
        }
    }

    private static void BlendDown(Tile above, Tile tile)
    {
        int shift = tile.Y - above.Y;
        int overlap = Math.Min(above.Height - shift, tile.Height);
        for (int c = 0; c < tile.Channels; c++)
        {
            for (int y = 0; y < overlap; y++)
            {
                float weight = (float)y / overlap;
                ReadOnlySpan<float> before = above.Row(c, y + shift);
                Span<float> row = tile.Row(c, y);
                for (int x = 0; x < row.Length; x++)
                    row[x] = (before[x] * (1 - weight)) + (row[x] * weight);
            }
        }
    }

    private static void BlendAcross(Tile left, Tile tile)
    {
        int shift = tile.X - left.X;
        int overlap = Math.Min(left.Width - shift, tile.Width);
        for (int c = 0; c < tile.Channels; c++)
        {
            for (int y = 0; y < tile.Height; y++)
            {
                ReadOnlySpan<float> before = left.Row(c, y)[shift..];
                Span<float> row = tile.Row(c, y);
                for (int x = 0; x < overlap; x++)
                {
                    float weight = (float)x / overlap;
                    row[x] = (before[x] * (1 - weight)) + (row[x] * weight);
                }
            }
        }
    }

    /// <summary>A rectangle of the result out of a tile that holds it.</summary>
    private static Tile Part(Tile tile, int x, int y, int width, int height)
    {
        var part = new Tile(width, height, tile.Channels) { X = x, Y = y };
        Copy(tile, part);
        return part;
    }

    /// <summary>Copies what two tiles both show.</summary>
    private static void Copy(Tile source, Tile target)
    {
        int left = Math.Max(source.X, target.X);
        int width = Math.Min(source.X + source.Width, target.X + target.Width) - left;
        int top = Math.Max(source.Y, target.Y);
        int bottom = Math.Min(source.Y + source.Height, target.Y + target.Height);
        for (int c = 0; c < target.Channels; c++)
        {
            for (int y = top; y < bottom; y++)
                source.Row(c, y - source.Y).Slice(left - source.X, width).CopyTo(target.Row(c, y - target.Y)[(left - target.X)..]);
        }
    }

    private static void Release(List<Tile> tiles)
    {
        tiles.ForEach(t => t.Dispose());
        tiles.Clear();
    }
}
