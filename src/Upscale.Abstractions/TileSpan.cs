namespace Upscale;

/// <summary>One tile along one axis, in input pixels.</summary>
/// <param name="Start">First pixel the tile shows; a multiple of the network's size multiple.</param>
/// <param name="CoreStart">First pixel whose result is kept.</param>
/// <param name="CoreEnd">The pixel after the last one whose result is kept.</param>
public readonly record struct TileSpan(int Start, int CoreStart, int CoreEnd)
{
    /// <summary>
    /// Cuts an axis into tiles of one length: the cores cover it once, and every core lies at least <paramref name="halo"/>
    /// inside its tile, except where the tile ends with the picture.
    /// </summary>
    /// <param name="length">Pixels of the picture along the axis, at least 1.</param>
    /// <param name="tile">Pixels of a tile along the axis, over 2 x <paramref name="halo"/> + <paramref name="multiple"/> unless one tile covers all.</param>
    /// <param name="halo">Pixels of look-around.</param>
    /// <param name="multiple">Tiles begin at multiples of this, so that a network that works in blocks sees the same blocks.</param>
    public static TileSpan[] Split(int length, int tile, int halo, int multiple = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(multiple, 1);
        if (tile >= length)
            return [new TileSpan(0, 0, length)];
        int step = (tile - (2 * halo)) / multiple * multiple;
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1, nameof(tile));

        // The last tile may reach over the edge by less than a multiple; the missing pixels are made up.
        int last = (length - tile + multiple - 1) / multiple * multiple;
        int count = ((last + step - 1) / step) + 1;
        var spans = new TileSpan[count];
        int coreStart = 0;
        for (int i = 0; i < count; i++)
        {
            int start = Start(i);
            int coreEnd = i == count - 1 ? length : (Start(i + 1) + start + tile) / 2;
            spans[i] = new TileSpan(start, coreStart, coreEnd);
            coreStart = coreEnd;
        }

        return spans;

        int Start(int i) => (int)((long)i * last / (count - 1)) / multiple * multiple;
    }
}
