namespace Upscale;

/// <summary>Runs a tile function over a picture, one row of tiles at a time, and hands the result out in slices.</summary>
internal sealed class TileSource : IStripSource
{
    private const int SliceFloats = 1 << 20;

    private readonly StripWindow _window;
    private readonly ImageShape _input;
    private readonly TileProfile _profile;
    private readonly IStageServices _services;
    private readonly Func<Tile, Tile, CancellationToken, ValueTask<RunOutcome>> _process;
    private TileLayout? _layout;
    private Tile? _inputTile;
    private Tile? _outputTile;
    private Queue<TileSpan> _rows = new();
    private Strip? _row;
    private int _next;
    private long _limit = long.MaxValue;

    public TileSource(
        IStripSource input,
        ImageShape output,
        TileProfile profile,
        IStageServices services,
        Func<Tile, Tile, CancellationToken, ValueTask<RunOutcome>> process)
    {
        _window = new StripWindow(input);
        _input = input.Shape;
        Shape = output;
        _profile = profile;
        _services = services;
        _process = process;
    }

    public ImageShape Shape { get; }

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next >= Shape.Height)
            return null;
        if (_row is null || _next >= _row.Bottom)
            await MakeRowAsync(cancellationToken).ConfigureAwait(false);
        Strip slice = Slice(_row!);
        if (_next >= _row!.Bottom)
        {
            _row.Dispose();
            _row = null;
        }

        return slice;
    }

    public async ValueTask DisposeAsync()
    {
        ReleaseTiles();
        _row?.Dispose();
        _row = null;
        await _window.DisposeAsync().ConfigureAwait(false);
    }

    private Strip Slice(Strip row)
    {
        int height = Math.Clamp(SliceFloats / (Shape.Width * Shape.Channels), 1, row.Bottom - _next);
        var slice = new Strip(Shape.Width, Shape.Channels, _next, height);
        for (int c = 0; c < Shape.Channels; c++)
            row.Plane(c).Slice((_next - row.Top) * Shape.Width, height * Shape.Width).CopyTo(slice.Plane(c));
        _next += height;
        return slice;
    }

    /// <summary>Makes the row of tiles that holds output row <see cref="_next"/>.</summary>
    private async ValueTask MakeRowAsync(CancellationToken cancellationToken)
    {
        _row?.Dispose();
        _row = null;
        int done = _next / _profile.Scale;
        int origin = 0;
        while (true)
        {
            TileLayout layout = _layout ?? Cut(origin, done);
            TileSpan span = _rows.Peek() with { CoreStart = done };
            int top = Math.Max(0, span.Start - _profile.Border);
            int bottom = Math.Min(_input.Height, span.Start + layout.TileHeight + _profile.Border);
            await _window.MoveAsync(top, bottom, cancellationToken).ConfigureAwait(false);
            var row = new Strip(Shape.Width, Shape.Channels, span.CoreStart * _profile.Scale, (span.CoreEnd - span.CoreStart) * _profile.Scale);
            bool finished = false;
            try
            {
                finished = await FillAsync(row, span, layout, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (!finished)
                    row.Dispose();
            }

            if (finished)
            {
                _rows.Dequeue();
                _row = row;
                return;
            }

            // The rows from here on are still held, and row `done` has its look-around below them.
            origin = span.Start;
            _layout = null;
        }
    }

    /// <summary>Cuts the picture from row <paramref name="origin"/> on into the largest tiles that are not known to be too large.</summary>
    private TileLayout Cut(int origin, int done)
    {
        ReleaseTiles();
        long limit = _limit;
        if (_profile.MemoryKey is { } key)
            limit = Math.Min(limit, _services.TileMemory.Limit(key) ?? long.MaxValue);
        int height = _input.Height - origin;
        _layout = TileLayout.Choose(_input.Width, height, _profile, _services.TileSize, limit) ?? throw TileStage.TooLarge(_profile);
        _rows = new Queue<TileSpan>(_layout.Rows(height, _profile)
            .Select(s => new TileSpan(s.Start + origin, s.CoreStart + origin, s.CoreEnd + origin))
            .Where(s => s.CoreEnd > done));
        int border = 2 * _profile.Border;
        _inputTile = new Tile(_layout.TileWidth + border, _layout.TileHeight + border, _input.Channels);
        _outputTile = new Tile(_layout.TileWidth * _profile.Scale, _layout.TileHeight * _profile.Scale, Shape.Channels);
        _services.Log($"Tiles of {_inputTile.Width}x{_inputTile.Height} with a halo of {_layout.Halo} for {_input}.");
        return _layout;
    }

    /// <summary>Fills a row of the result tile by tile; false when a tile was too large.</summary>
    private async ValueTask<bool> FillAsync(Strip row, TileSpan span, TileLayout layout, CancellationToken cancellationToken)
    {
        Tile input = _inputTile!;
        Tile output = _outputTile!;
        foreach (TileSpan column in layout.Columns)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (input.X, input.Y) = (column.Start - _profile.Border, span.Start - _profile.Border);
            (output.X, output.Y) = (column.Start * _profile.Scale, span.Start * _profile.Scale);
            Gather(input);
            if (await _process(input, output, cancellationToken).ConfigureAwait(false) == RunOutcome.TooLarge)
            {
                long pixels = (long)input.Width * input.Height;
                _limit = Math.Min(_limit, pixels / 2);
                if (_profile.MemoryKey is { } key)
                    _services.TileMemory.TooLarge(key, pixels);
                _services.Warn($"A tile of {input.Width}x{input.Height} was too large for the memory of {_profile.Device ?? "this machine"}; smaller ones are used.");
                return false;
            }

            Scatter(output, column, span, row);
            _services.ReportTiles(1);
        }

        return true;
    }

    private void Gather(Tile tile)
    {
        int left = Math.Clamp(-tile.X, 0, tile.Width);
        int right = Math.Clamp(_input.Width - tile.X, left, tile.Width);
        for (int c = 0; c < tile.Channels; c++)
        {
            for (int y = 0; y < tile.Height; y++)
            {
                ReadOnlySpan<float> source = _window.Row(c, Math.Max(_window.Top, Reflect(tile.Y + y, _input.Height)));
                Span<float> target = tile.Row(c, y);
                source.Slice(tile.X + left, right - left).CopyTo(target[left..]);
                for (int x = 0; x < left; x++)
                    target[x] = source[Reflect(tile.X + x, _input.Width)];
                for (int x = right; x < tile.Width; x++)
                    target[x] = source[Reflect(tile.X + x, _input.Width)];
            }
        }
    }

    private void Scatter(Tile tile, TileSpan column, TileSpan span, Strip row)
    {
        int scale = _profile.Scale;
        int from = (column.CoreStart - column.Start) * scale;
        int width = (column.CoreEnd - column.CoreStart) * scale;
        for (int c = 0; c < row.Channels; c++)
        {
            for (int y = row.Top; y < row.Bottom; y++)
                tile.Row(c, y - (span.Start * scale)).Slice(from, width).CopyTo(row.Row(c, y)[(column.CoreStart * scale)..]);
        }
    }

    /// <summary>Mirrors at the edge pixel without repeating it; what lies further away than the picture is wide takes the far edge.</summary>
    private static int Reflect(int i, int length)
    {
        int mirrored = i < 0 ? -i : i >= length ? (2 * (length - 1)) - i : i;
        return Math.Clamp(mirrored, 0, length - 1);
    }

    private void ReleaseTiles()
    {
        _inputTile?.Dispose();
        _outputTile?.Dispose();
        (_inputTile, _outputTile) = (null, null);
    }
}
