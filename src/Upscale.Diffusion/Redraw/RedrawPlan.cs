using Upscale.Diffusion.Pipelines;

namespace Upscale.Diffusion.Redraw;

/// <summary>The parts of a picture that are made anew, in order: each sees what those before it have left.</summary>
public sealed class RedrawPlan
{
    private const int UsualTile = 512;

    private RedrawPlan(RedrawAxis across, RedrawAxis down, RedrawOptions options)
    {
        (Columns, Rows) = (across.Count, down.Count);
        IEnumerable<(int Column, int Row)> fields = Product(across.Count, down.Count);
        if (options.Order == RedrawOrder.Chess)
            fields = fields.OrderBy(f => (f.Column + f.Row) % 2);
        Parts = [.. fields.Select(f => new RedrawPart(across.Tile(f.Column), down.Tile(f.Row), 0)), .. Seams(across, down, options)];
    }

    /// <summary>Tiles of a row.</summary>
    public int Columns { get; }

    /// <summary>Rows of tiles.</summary>
    public int Rows { get; }

    /// <summary>First the tiles, then what lies over their seams.</summary>
    public IReadOnlyList<RedrawPart> Parts { get; }

    /// <summary>Plans the work.</summary>
    /// <param name="picture">Its size.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="limits">Of the network.</param>
    /// <param name="tile">Largest side of a tile in pixels, without what it shows of its surroundings; null for 512.</param>
    public static RedrawPlan Over(ImageShape picture, RedrawOptions options, PartLimits limits, int? tile)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(limits);
        int side = tile ?? UsualTile;
        return new RedrawPlan(
            new RedrawAxis(picture.Width, side, limits.Fixed?.Width, limits, options.SeamBlur), new RedrawAxis(picture.Height, side, limits.Fixed?.Height, limits, options.SeamBlur), options);
    }

    private static IEnumerable<(int Column, int Row)> Product(int columns, int rows)
        => Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(0, columns).Select(column => (column, row)));

    private static IEnumerable<RedrawPart> Seams(RedrawAxis across, RedrawAxis down, RedrawOptions options)
    {
        if (options.SeamStrength == 0)
            return [];
        IEnumerable<RedrawPart> halves =
        [
            .. Product(across.Count, down.Count - 1).Select(f => new RedrawPart(across.Tile(f.Column), down.Seam(f.Row), 1)),
            .. Product(across.Count - 1, down.Count).Select(f => new RedrawPart(across.Seam(f.Column), down.Tile(f.Row), 2)),
        ];
        return options.SeamPass switch
        {
            SeamPass.None => [],
            SeamPass.HalfTile => halves,
            SeamPass.HalfTileIntersections =>
                halves.Concat(Product(across.Count - 1, down.Count - 1).Select(f => new RedrawPart(across.Seam(f.Column), down.Seam(f.Row), 3))),
            _ =>
            [
                .. Enumerable.Range(0, down.Count - 1).Select(row => new RedrawPart(across.Whole, down.Seam(row, options.SeamWidth), 1)),
                .. Enumerable.Range(0, across.Count - 1).Select(column => new RedrawPart(across.Seam(column, options.SeamWidth), down.Whole, 2)),
            ],
        };
    }
}
