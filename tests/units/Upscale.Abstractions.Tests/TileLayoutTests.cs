using CsCheck;

namespace Upscale.Abstractions.Tests;

public sealed class TileLayoutTests
{
    private static readonly Gen<(int Width, int Height, TileProfile Profile)> s_cases =
        from width in Gen.Int[1, 4000]
        from height in Gen.Int[1, 4000]
        from halo in Gen.Int[0, 48]
        from border in Gen.Int[0, 6]
        from multiple in Gen.OneOf(Gen.Const(1), Gen.Const(2), Gen.Const(8))
        from minimum in Gen.OneOf(Gen.Const(1), Gen.Const(20), Gen.Const(64))
        from bytes in Gen.Long[64, 20_000]
        select (width, height, new TileProfile { Scale = 2, Halo = halo, Border = border, MultipleOf = multiple, MinimumSize = minimum, BytesPerPixel = bytes, MemoryBudget = 1L << 30 });

    [Fact]
    public void Tiles_have_a_size_that_the_network_takes() => s_cases.Sample(c =>
    {
        TileLayout layout = TileLayout.Choose(c.Width, c.Height, c.Profile, null, null)!;
        foreach (int side in new[] { layout.TileWidth, layout.TileHeight })
        {
            int given = side + (2 * c.Profile.Border);
            Assert.Equal(0, given % c.Profile.MultipleOf);
            Assert.True(given >= c.Profile.MinimumSize);
        }
    });

    [Fact]
    public void Tiles_stay_within_the_memory_budget_when_any_can() => s_cases.Sample(c =>
    {
        TileLayout layout = TileLayout.Choose(c.Width, c.Height, c.Profile, null, null)!;
        int border = 2 * c.Profile.Border;
        long bytes = (long)(layout.TileWidth + border) * (layout.TileHeight + border) * c.Profile.BytesPerPixel;
        Assert.True(bytes <= c.Profile.MemoryBudget);
    });

    [Fact]
    public void A_small_picture_is_one_tile()
    {
        TileLayout layout = TileLayout.Choose(100, 80, new TileProfile { Halo = 16, BytesPerPixel = 2000 }, null, null)!;
        Assert.Equal((100, 80), (layout.TileWidth, layout.TileHeight));
        Assert.Single(layout.Columns);
    }

    [Fact]
    public void The_users_tile_size_bounds_both_sides()
    {
        TileLayout layout = TileLayout.Choose(1000, 700, new TileProfile { Halo = 10 }, 128, null)!;
        Assert.InRange(layout.TileWidth, 64, 128);
        Assert.InRange(layout.TileHeight, 64, 128);
    }

    [Fact]
    public void A_limit_below_the_smallest_tile_leaves_nothing()
        => Assert.Null(TileLayout.Choose(1000, 700, new TileProfile { Halo = 10 }, null, 100));

    [Fact]
    public void A_fixed_size_is_kept_whatever_the_picture()
    {
        TileLayout layout = TileLayout.Choose(10, 300, new TileProfile { Halo = 40, FixedSize = (64, 64) }, null, null)!;
        Assert.Equal((64, 64), (layout.TileWidth, layout.TileHeight));
        Assert.Equal(16, layout.Halo);
    }
}
