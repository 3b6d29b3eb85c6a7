namespace Upscale;

/// <summary>What a tile stage declares of itself for one picture size.</summary>
public sealed record TileProfile
{
    /// <summary>Enlargement of width and height, a whole number of at least 1.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>Channels of the result; null for those of the input.</summary>
    public int? OutputChannels { get; init; }

    /// <summary>Input pixels to look around on each side.</summary>
    public int Halo { get; init; }

    /// <summary>Tiles have a width and height that are multiples of this (the border counted in).</summary>
    public int MultipleOf { get; init; } = 1;

    /// <summary>Tiles begin at multiples of this; at least <see cref="MultipleOf"/>, and a multiple of it.</summary>
    public int Alignment { get => Math.Max(field, MultipleOf); init; } = 1;

    /// <summary>True for as few tiles as memory allows, where a result depends on the whole tile and not only on its surroundings.</summary>
    public bool PreferWhole { get; init; }

    /// <summary>Tiles are at least this wide and high (the border counted in).</summary>
    public int MinimumSize { get; init; } = 1;

    /// <summary>The only size of a tile (the border counted in); null for any.</summary>
    public (int Width, int Height)? FixedSize { get; init; }

    /// <summary>Input pixels on each side for which there is no result: output = (input - 2 border) x scale.</summary>
    public int Border { get; init; }

    /// <summary>Working memory of one tile in bytes for each input pixel.</summary>
    public long BytesPerPixel { get; init; } = 64;

    /// <summary>Bytes that one tile may take; what the tile's size is chosen by.</summary>
    public long MemoryBudget { get; init; } = 512L << 20;

    /// <summary>Name under which sizes that failed are remembered, such as network and device; null not to remember.</summary>
    public string? MemoryKey { get; init; }

    /// <summary>Floating-point operations for each input pixel; 0 where unknown.</summary>
    public double OperationsPerPixel { get; init; }

    /// <summary>The networks that run, in order.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The device that runs them; null when none does.</summary>
    public string? Device { get; init; }
}
