using CsCheck;
using Upscale.Testing;

namespace Upscale.Abstractions.Tests;

/// <summary>A blur of radius 3 that enlarges by 2 stands in for a network: its look-around is known exactly.</summary>
public sealed class TileStageTests
{
    private const int Radius = 3;

    private static readonly Gen<(int Width, int Height, int Tile, int Strip, int Multiple)> s_cases =
        from width in Gen.Int[1, 90]
        from height in Gen.Int[1, 90]
        from tile in Gen.Int[24, 60]
        from strip in Gen.Int[1, 40]
        from multiple in Gen.OneOf(Gen.Const(1), Gen.Const(4))
        select (width, height, tile, strip, multiple);

    [Fact]
    public void A_picture_in_tiles_equals_the_whole_for_any_size_of_tile_and_strip() => s_cases.Sample(c =>
    {
        Picture input = Picture.Sample(new ImageShape(c.Width, c.Height, 3));
        Picture tiled = Run(input, new FakeServices { TileSize = c.Tile }, c.Multiple, c.Strip);
        Assert.Equal(0, Expected(input).Difference(tiled));
    }, iter: 80);

    [Fact]
    public void A_tile_that_is_too_large_is_made_smaller_and_the_picture_is_the_same() => s_cases.Sample(c =>
    {
        Picture input = Picture.Sample(new ImageShape(c.Width + 60, c.Height + 60, 3));
        var services = new FakeServices();
        int runs = 0;
        int failAt = c.Strip % 5;
        Picture tiled = Run(input, services, c.Multiple, c.Strip, tile => tile.Width * tile.Height > 40 * 50 && runs++ >= failAt ? RunOutcome.TooLarge : RunOutcome.Done, tileMemory: 45 * 120);
        Assert.Equal(0, Expected(input).Difference(tiled));
    }, iter: 25);

    [Fact]
    public void A_failed_size_is_remembered_for_the_next_picture_and_told_once_each()
    {
        Picture input = Picture.Sample(new ImageShape(100, 100, 3));
        var services = new FakeServices();
        int failures = 0;
        RunOutcome Run2(Tile tile)
        {
            if (tile.Width * tile.Height <= 3000)
                return RunOutcome.Done;
            failures++;
            return RunOutcome.TooLarge;
        }

        Run(input, services, 1, 16, Run2);
        int first = failures;
        Run(input, services, 1, 16, Run2);
        Assert.True(first > 0);
        Assert.Equal(first, failures);
        Assert.Equal(first, services.Warnings.Count);
    }

    [Fact]
    public void No_tile_small_enough_is_an_error_that_names_the_network()
    {
        Picture input = Picture.Sample(new ImageShape(100, 100, 3));
        var error = Assert.Throws<UpscaleException>(() => Run(input, new FakeServices(), 1, 16, _ => RunOutcome.TooLarge));
        Assert.Equal(UpscaleErrorId.OutOfMemory, error.ErrorId);
        Assert.Contains("blur", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_leaked_whether_read_to_the_end_half_way_or_failed()
    {
        long before = FloatBuffer.Outstanding;
        Picture input = Picture.Sample(new ImageShape(80, 80, 3));
        Run(input, new FakeServices { TileSize = 40 }, 1, 7);
        Assert.Throws<UpscaleException>(() => Run(input, new FakeServices(), 1, 16, _ => RunOutcome.TooLarge));
        Assert.Throws<IOException>(() => Run(input, new FakeServices { TileSize = 30 }, 1, 16, null, source: new ArraySource(input, [8]) { Fault = (40, new IOException("gone")) }));
        await HalfWay(input);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Progress_counts_the_planned_tiles()
    {
        Picture input = Picture.Sample(new ImageShape(120, 90, 3));
        var services = new FakeServices { TileSize = 40 };
        var stage = new Blur(services, 1, _ => RunOutcome.Done, long.MaxValue);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        await Picture.ReadAsync(stage.Connect(input.Source()));
        Assert.True(plan.Tiles > 4);
        Assert.InRange(plan.TileSize!.Value.Width, 2 * Radius, 40);
        Assert.Equal(plan.Tiles, services.TilesReported);
    }

    private static async Task HalfWay(Picture input)
    {
        var stage = new Blur(new FakeServices { TileSize = 30 }, 1, _ => RunOutcome.Done, long.MaxValue);
        await stage.PlanAsync(input.Shape, default);
        await using IStripSource output = stage.Connect(input.Source());
        (await output.ReadAsync(default))!.Dispose();
    }

    private static Picture Run(Picture input, FakeServices services, int multiple, int strip, Func<Tile, RunOutcome>? outcome = null, long tileMemory = long.MaxValue, ArraySource? source = null)
    {
        var stage = new Blur(services, multiple, outcome ?? (_ => RunOutcome.Done), tileMemory);
        StagePlan plan = stage.PlanAsync(input.Shape, default).AsTask().GetAwaiter().GetResult();
        Assert.Equal(new ImageShape(input.Shape.Width * 2, input.Shape.Height * 2, 3), plan.Output);
        return Picture.ReadAsync(stage.Connect(source ?? input.Source(strip))).GetAwaiter().GetResult();
    }

    private static Picture Expected(Picture input)
        => Picture.Make(new ImageShape(input.Shape.Width * 2, input.Shape.Height * 2, 3), (c, y, x) => Blur.At((cy, cx) => input[c, cy, cx], y / 2, x / 2, input.Shape.Height, input.Shape.Width));

    private sealed class Blur(IStageServices services, int multiple, Func<Tile, RunOutcome> outcome, long memory) : TileStage(services)
    {
        private ImageShape _whole;

        /// <summary>The mean over the square around a pixel, as far as it lies in the picture.</summary>
        public static float At(Func<int, int, float> value, int y, int x, int height, int width)
        {
            float sum = 0;
            int count = 0;
            for (int dy = -Radius; dy <= Radius; dy++)
            {
                for (int dx = -Radius; dx <= Radius; dx++)
                {
                    if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width)
                        continue;
                    sum += value(y + dy, x + dx);
                    count++;
                }
            }

            return sum / count;
        }

        protected override ValueTask<TileProfile> DescribeAsync(ImageShape input, CancellationToken cancellationToken)
        {
            _whole = input;
            return ValueTask.FromResult(new TileProfile { Scale = 2, Halo = Radius, MultipleOf = multiple, MemoryKey = "blur", Models = ["blur"], BytesPerPixel = 1, MemoryBudget = memory });
        }

        protected override ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
        {
            RunOutcome result = outcome(input);
            for (int c = 0; c < output.Channels && result == RunOutcome.Done; c++)
            {
                for (int y = 0; y < output.Height; y++)
                {
                    for (int x = 0; x < output.Width; x++)
                    {
                        int channel = c;
                        output.Row(c, y)[x] = At((py, px) => Look(input, channel, py, px), input.Y + (y / 2), input.X + (x / 2), _whole.Height, _whole.Width);
                    }
                }
            }

            return ValueTask.FromResult(result);
        }

        /// <summary>Beyond the tile there is nothing: if a kept pixel looked there, the picture would differ from the whole.</summary>
        private static float Look(Tile tile, int c, int y, int x)
            => y < tile.Y || y >= tile.Y + tile.Height || x < tile.X || x >= tile.X + tile.Width ? 1000 : tile.Row(c, y - tile.Y)[x - tile.X];
    }
}
