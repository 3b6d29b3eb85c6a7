using CsCheck;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.Redraw;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class RedrawPlanTests
{
    private const int Alignment = 8;

    private static Gen<Layout> Layouts { get; } =
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 400], Gen.Int[1, 200], Gen.Int[0, 3], Gen.Int[0, 24], Gen.Bool, Gen.Enum<SeamPass>())
            .Select((width, height, tile, power, blur, chess, pass) => new Layout(
                width, height, tile, Alignment << power, new RedrawOptions { Order = chess ? RedrawOrder.Chess : RedrawOrder.Linear, SeamPass = pass, SeamBlur = blur }));

    [Fact]
    public void Parts_begin_at_latent_pixels_and_have_sizes_that_the_network_takes()
        => Layouts.Sample(l => Assert.All(l.Plan().Parts.SelectMany(p => new[] { (Span: p.Columns, Side: l.Width), (Span: p.Rows, Side: l.Height) }), s =>
        {
            Assert.Equal(0, s.Span.Start % Alignment);
            Assert.Equal(0, s.Span.Length % l.Multiple);
            Assert.InRange(s.Span.Start, 0, Math.Min(s.Span.From < 0 ? 0 : s.Span.From, s.Side - 1));
            Assert.True(s.Span.Start + s.Span.Length >= Math.Min(s.Span.To, s.Side));
        }));

    [Fact]
    public void Tiles_are_at_most_as_long_as_wanted_and_begin_where_the_networks_blocks_do()
        => Layouts.Sample(l => Assert.All(Tiles(l.Plan()).SelectMany(p => new[] { p.Columns, p.Rows }), s =>
        {
            Assert.Equal(0, s.From % l.Multiple);
            Assert.InRange(s.To - s.From, 1, Math.Max(l.Tile, l.Multiple));
        }));

    [Fact]
    public void Tiles_leave_nothing_of_the_old_picture()
        => Layouts.Sample(l =>
        {
            using Tile canvas = Filled(l.Width, l.Height, 0);
            foreach (RedrawPart part in Tiles(l.Plan()))
            {
                using Tile made = Filled(part.Columns.Length, part.Rows.Length, 1);
                RedrawCanvas.Paste(canvas, part, made);
            }

            Assert.Equal(-1, canvas.Data.Span.IndexOfAnyExcept(1f));
        }, iter: 40);

    [Fact]
    public void A_part_hardly_counts_where_it_ends_within_the_picture()
        => Layouts.Sample(l => Assert.All(l.Plan().Parts, p =>
        {
            int x = Middle(p.Columns, l.Width), y = Middle(p.Rows, l.Height);
            foreach (int column in new[] { p.Columns.Start, p.Columns.Start + p.Columns.Length - 1 }.Where(c => c > 0 && c < l.Width - 1))
                Assert.InRange(p.Weight(column, y), 0, 1e-3f);
            foreach (int row in new[] { p.Rows.Start, p.Rows.Start + p.Rows.Length - 1 }.Where(r => r > 0 && r < l.Height - 1))
                Assert.InRange(p.Weight(x, row), 0, 1e-3f);
        }));

    [Fact]
    public async Task Parts_that_come_back_as_they_were_leave_the_picture_as_it_was()
        => await Gen.Select(Layouts, Gen.Int[0, 1000]).SampleAsync(async (l, seed) =>
        {
            Picture picture = Picture.Random(new ImageShape(l.Width, l.Height, 3), seed);
            using Tile canvas = new(l.Width, l.Height, 3);
            picture.Data.CopyTo(canvas.Data);
            foreach (RedrawPart part in l.Plan().Parts)
            {
                Picture cut = await Picture.ReadAsync(RedrawCanvas.Cut(canvas, part));
                using Tile made = new(cut.Shape.Width, cut.Shape.Height, 3);
                cut.Data.CopyTo(made.Data);
                RedrawCanvas.Paste(canvas, part, made);
            }

            Assert.InRange(picture.Difference(new Picture(picture.Shape, canvas.Data.ToArray())), 0, 4e-6f); // Up to a dozen pastes over each other, each rounded.
        }, iter: 30);

    [Fact]
    public void Chess_makes_every_tile_once_and_no_two_neighbours_in_the_same_half()
        => Layouts.Where(l => l.Options.Order == RedrawOrder.Chess).Sample(l =>
        {
            RedrawPlan plan = l.Plan();
            int[] columns = Begins(plan, p => p.Columns), rows = Begins(plan, p => p.Rows);
            (int, int)[] visited = [.. Tiles(plan).Select(p => (Array.IndexOf(columns, p.Columns.From), Array.IndexOf(rows, p.Rows.From)))];
            Assert.Equal(columns.Length * rows.Length, visited.Distinct().Count());
            Assert.Equal(columns.Length * rows.Length, visited.Length);
            int first = (visited.Length + 1) / 2;
            foreach ((int, int)[] half in new[] { visited[..first], visited[first..] })
                Assert.DoesNotContain(half, a => half.Contains((a.Item1 + 1, a.Item2)) || half.Contains((a.Item1, a.Item2 + 1)));
        });

    [Fact]
    public void Linear_goes_row_by_row_from_left_to_right()
        => Layouts.Where(l => l.Options.Order == RedrawOrder.Linear).Sample(l =>
        {
            (int, int)[] order = [.. Tiles(l.Plan()).Select(p => (p.Rows.From, p.Columns.From))];
            Assert.Equal(order.Order(), order);
        });

    [Fact]
    public void Seam_passes_have_as_many_parts_as_there_are_borders_and_corners()
        => Layouts.Sample(l =>
        {
            RedrawPlan plan = l.Plan();
            (int rows, int columns) = (plan.Rows, plan.Columns);
            int halves = (rows * (columns - 1)) + ((rows - 1) * columns);
            int expected = l.Options.SeamPass switch
            {
                SeamPass.Band => rows + columns - 2,
                SeamPass.HalfTile => halves,
                SeamPass.HalfTileIntersections => halves + ((rows - 1) * (columns - 1)),
                _ => 0,
            };
            Assert.Equal(expected, plan.Parts.Count(p => p.IsSeam));
            Assert.Equal(rows * columns, plan.Parts.Count(p => !p.IsSeam));
            Assert.Equal(plan.Parts.OrderBy(p => p.IsSeam), plan.Parts);
        });

    [Fact]
    public void Seams_count_fully_on_the_borders_of_tiles_and_ever_less_beside_them()
        => Layouts.Where(l => l.Options.SeamPass != SeamPass.None && l.Tile >= 48).Sample(l =>
        {
            RedrawPlan plan = l.Plan();
            int[] columns = Begins(plan, p => p.Columns);
            foreach (int border in columns[1..])
            {
                int y = Middle(plan.Parts[0].Rows, l.Height) / 2;
                RedrawPart[] seams = [.. plan.Parts.Where(p => p.Pass == 2 && p.Columns.From + p.Columns.To == 2 * border && p.Rows.Presence(y) == 1)];
                RedrawPart seam = Assert.Single(seams);
                float[] weights = [.. Enumerable.Range(border, Math.Min(seam.Columns.To, l.Width) - border).Select(x => seam.Weight(x, y))];
                Assert.InRange(weights[0], 1 - (1.01f / (seam.Columns.To - border)), 1);
                Assert.Equal(weights.OrderDescending(), weights);
                Assert.Equal(weights[0], seam.Weight(border - 1, y), 1e-6f);
            }
        });

    [Fact]
    public void Without_strength_there_is_no_seam_pass()
        => Layouts.Sample(l => Assert.DoesNotContain((l with { Options = l.Options with { SeamStrength = 0 } }).Plan().Parts, p => p.IsSeam));

    [Theory]
    [InlineData(512, 512)]
    [InlineData(256, 512)]
    [InlineData(100_000, 192)]
    public void A_network_of_one_size_sees_parts_of_that_size(int tile, int given)
    {
        var limits = new PartLimits(Alignment, 64, (given, given), int.MaxValue);
        RedrawPlan plan = RedrawPlan.Over(new ImageShape(2000, 1500, 3), new RedrawOptions { Order = RedrawOrder.Linear, SeamPass = SeamPass.HalfTile }, limits, tile);
        Assert.All(plan.Parts, p => Assert.Equal((given, given), (p.Columns.Length, p.Rows.Length)));
    }

    [Fact]
    public void Tiles_are_no_larger_than_memory_allows()
    {
        var limits = new PartLimits(Alignment, 64, null, 400);
        RedrawPlan plan = RedrawPlan.Over(new ImageShape(2000, 1500, 3), new RedrawOptions { Order = RedrawOrder.Linear }, limits, null);
        Assert.All(plan.Parts, p => Assert.InRange(Math.Max(p.Columns.Length, p.Rows.Length), 64, 400));
    }

    [Theory]
    [InlineData("seamPass", "band")]
    [InlineData("seamStrength", 0.5)]
    [InlineData("seamWidth", 32L)]
    [InlineData("seamBlur", 4L)]
    public void Options_of_seams_are_refused_where_there_are_none(string option, object value)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => RedrawOptions.Read(new StageOptions([new(option, value)])));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains($"'{option}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_read_and_have_the_defaults_that_are_known()
    {
        Assert.Null(RedrawOptions.Read(new StageOptions([])));
        Assert.Null(RedrawOptions.Read(new StageOptions([new("redraw", "fused"), new("seamPass", "none")])));
        Assert.Equal(
            new RedrawOptions { Order = RedrawOrder.Chess, SeamPass = SeamPass.HalfTileIntersections, SeamStrength = 0.35, SeamWidth = 64, SeamBlur = 8 },
            RedrawOptions.Read(new StageOptions([new("redraw", "chess"), new("seamPass", "half-tile-intersections")])));
        Assert.Equal(
            new RedrawOptions { Order = RedrawOrder.Linear, SeamPass = SeamPass.Band, SeamStrength = 0.5, SeamWidth = 32, SeamBlur = 4 },
            RedrawOptions.Read(new StageOptions([new("redraw", "linear"), new("seamPass", "band"), new("seamStrength", 0.5), new("seamWidth", 32L), new("seamBlur", 4L)])));
    }

    private static IEnumerable<RedrawPart> Tiles(RedrawPlan plan) => plan.Parts.Where(p => !p.IsSeam);

    private static int[] Begins(RedrawPlan plan, Func<RedrawPart, RedrawSpan> axis) => [.. Tiles(plan).Select(p => axis(p).From).Distinct().Order()];

    private static int Middle(RedrawSpan span, int length) => (Math.Max(span.From, 0) + Math.Min(span.To, length)) / 2;

    private static Tile Filled(int width, int height, float value)
    {
        var tile = new Tile(width, height, 1);
        tile.Data.Span.Fill(value);
        return tile;
    }

    private sealed record Layout(int Width, int Height, int Tile, int Multiple, RedrawOptions Options)
    {
        public RedrawPlan Plan() => RedrawPlan.Over(new ImageShape(Width, Height, 3), Options, new PartLimits(Alignment, Multiple, null, int.MaxValue), Tile);
    }
}
