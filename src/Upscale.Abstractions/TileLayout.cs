namespace Upscale;

/// <summary>How a picture is cut into tiles of one size.</summary>
public sealed record TileLayout
{
    /// <summary>Bytes that the rows of finished tiles may take while they wait to be pulled.</summary>
    private const long RowBudget = 192L << 20;

    /// <summary>Memory that a stage may take without a second thought.</summary>
    private const double FreeMemory = 128L << 20;

    /// <summary>Memory beyond <see cref="FreeMemory"/> whose use counts as much as doing the whole work once more.</summary>
    private const double MemoryWeight = 2L << 30;

    private TileLayout(TileSpan[] columns, int tileWidth, int tileHeight, int halo)
    {
        Columns = columns;
        TileWidth = tileWidth;
        TileHeight = tileHeight;
        Halo = halo;
    }

    /// <summary>The tiles of one row of tiles.</summary>
    public IReadOnlyList<TileSpan> Columns { get; }

    /// <summary>Width of a tile in input pixels without the border.</summary>
    public int TileWidth { get; }

    /// <summary>Height of a tile in input pixels without the border.</summary>
    public int TileHeight { get; }

    /// <summary>Look-around in input pixels: the profile's, or less where a fixed tile size leaves no room.</summary>
    public int Halo { get; }

    /// <summary>Chooses the tile size that does the least work within the memory budget.</summary>
    /// <param name="width">Picture width in input pixels.</param>
    /// <param name="height">Picture height (or what is left of it) in input pixels.</param>
    /// <param name="profile">What the stage declares.</param>
    /// <param name="tileSize">Largest side that the user allows; null for no bound.</param>
    /// <param name="pixelLimit">Most pixels that a tile (border counted in) may have; null for no bound.</param>
    /// <returns>The layout, or null when no tile fits the limit.</returns>
    public static TileLayout? Choose(int width, int height, TileProfile profile, int? tileSize, long? pixelLimit)
    {
        ArgumentNullException.ThrowIfNull(profile);
        int border = 2 * profile.Border;
        if (profile.FixedSize is { } size)
        {
            if ((long)size.Width * size.Height > pixelLimit)
                return null;
            int tileWidth = size.Width - border;
            int tileHeight = size.Height - border;
            int halo = Math.Min(profile.Halo, Math.Min(tileWidth, tileHeight) / 4);
            return new TileLayout(TileSpan.Split(width, tileWidth, halo, profile.Alignment), tileWidth, tileHeight, halo);
        }

        List<(int Tile, int Count)> columns = Candidates(width, profile, tileSize);
        List<(int Tile, int Count)> rows = Candidates(height, profile, tileSize);
        long limit = pixelLimit ?? long.MaxValue;
        (int Tile, int Count)? bestColumns = null;
        (int Tile, int Count)? bestRows = null;
        double bestCost = double.MaxValue;
        foreach ((int Tile, int Count) column in columns)
        {
            foreach ((int Tile, int Count) row in rows)
            {
                long pixels = (long)(column.Tile + border) * (row.Tile + border);
                if (pixels > limit)
                    continue;
                double memory = (double)pixels * profile.BytesPerPixel;
                double rowMemory = (double)Math.Min(row.Tile, height) * profile.Scale * profile.Scale * width * (profile.OutputChannels ?? 3) * sizeof(float);
                double excess = Math.Max(memory / profile.MemoryBudget, rowMemory / RowBudget);
                double work = (double)pixels * column.Count * row.Count;

                // Over the budget the smallest tile is the best one, whatever work it makes.
                double cost = excess > 1 ? 1e30 * excess
                    : profile.PreferWhole ? work * column.Count * row.Count
                    : work * (1 + (Math.Max(0, memory + rowMemory - FreeMemory) / MemoryWeight));
                if (cost < bestCost)
                    (bestCost, bestColumns, bestRows) = (cost, column, row);
            }
        }

        return bestColumns is { } c && bestRows is { } r
            ? new TileLayout(TileSpan.Split(width, c.Tile, profile.Halo, profile.Alignment), c.Tile, r.Tile, profile.Halo)
            : null;
    }

    /// <summary>The rows of tiles of a picture, or of what is left of one.</summary>
    /// <param name="height">Rows in input pixels.</param>
    /// <param name="profile">The one that the layout was chosen for.</param>
    public TileSpan[] Rows(int height, TileProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return TileSpan.Split(height, TileHeight, Halo, profile.Alignment);
    }

    /// <summary>For each number of tiles along an axis the smallest tile that covers it, largest first.</summary>
    private static List<(int Tile, int Count)> Candidates(int length, TileProfile profile, int? tileSize)
    {
        int smallest = Fit((2 * profile.Halo) + Math.Clamp(profile.Halo, 16, 32) + profile.Alignment, profile);
        int bound = Math.Max(tileSize ?? int.MaxValue, smallest);
        var candidates = new List<(int Tile, int Count)>();
        int whole = Fit(length, profile);
        if (whole <= bound)
            candidates.Add((whole, 1));
        for (int count = 2; ; count++)
        {
            int tile = Align(Fit(((length - (2 * profile.Halo) + count - 1) / count) + (2 * profile.Halo), profile));
            if (tile <= smallest)
                break;
            if (tile <= bound && tile < length)
                Add(tile);
        }

        if (candidates.Count == 0 || smallest < length)
            Add(Align(smallest));
        return candidates;

        void Add(int tile) => candidates.Add((tile, TileSpan.Split(length, tile, profile.Halo, profile.Alignment).Length));

        // Where the network takes any size, the last tile ends with the picture though it begins at a multiple.
        int Align(int tile) => profile.MultipleOf == 1 && tile < length ? tile + ((length - tile) % profile.Alignment) : tile;
    }

    /// <summary>The smallest size without border, at least <paramref name="size"/>, that the network takes with it.</summary>
    private static int Fit(int size, TileProfile profile)
    {
        int border = 2 * profile.Border;
        return ((Math.Max(size + border, profile.MinimumSize) + profile.MultipleOf - 1) / profile.MultipleOf * profile.MultipleOf) - border;
    }
}
