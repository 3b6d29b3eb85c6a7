using CsCheck;

namespace Upscale.Abstractions.Tests;

public sealed class TileSpanTests
{
    private static readonly Gen<(int Length, int Tile, int Halo, int Multiple)> s_cases =
        from halo in Gen.Int[0, 40]
        from multiple in Gen.OneOf(Gen.Const(1), Gen.Const(2), Gen.Const(4), Gen.Const(8), Gen.Const(16))
        from core in Gen.Int[1, 200]
        from length in Gen.Int[1, 3000]
        select (length, (((2 * halo) + core + multiple - 1) / multiple * multiple) + multiple, halo, multiple);

    [Fact]
    public void Cores_cover_every_pixel_once_and_in_order() => s_cases.Sample(c =>
    {
        TileSpan[] spans = TileSpan.Split(c.Length, c.Tile, c.Halo, c.Multiple);
        int next = 0;
        foreach (TileSpan span in spans)
        {
            Assert.Equal(next, span.CoreStart);
            Assert.True(span.CoreEnd > span.CoreStart);
            next = span.CoreEnd;
        }

        Assert.Equal(c.Length, next);
    });

    [Fact]
    public void Every_core_lies_a_halo_inside_its_tile_except_at_the_edges_of_the_picture() => s_cases.Sample(c =>
    {
        foreach (TileSpan span in TileSpan.Split(c.Length, c.Tile, c.Halo, c.Multiple))
        {
            Assert.True(span.Start == 0 || span.CoreStart - span.Start >= c.Halo);
            Assert.True(span.Start + c.Tile >= c.Length || span.Start + c.Tile - span.CoreEnd >= c.Halo);
            Assert.True(span.CoreEnd <= span.Start + c.Tile);
        }
    });

    [Fact]
    public void Tiles_begin_at_multiples_and_reach_over_the_edge_by_less_than_one() => s_cases.Sample(c =>
    {
        TileSpan[] spans = TileSpan.Split(c.Length, c.Tile, c.Halo, c.Multiple);
        Assert.All(spans, s => Assert.Equal(0, s.Start % c.Multiple));
        if (spans.Length > 1)
            Assert.InRange(spans[^1].Start + c.Tile - c.Length, 0, c.Multiple - 1);
    });
}
