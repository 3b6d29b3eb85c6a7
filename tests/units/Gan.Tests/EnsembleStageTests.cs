using CsCheck;
using Upscale.Testing;

namespace Upscale.Gan.Tests;

public sealed class EnsembleStageTests
{
    private static readonly Gen<(ImageShape Shape, int Seed)> s_samples =
        Gen.Select(Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.OneOf(1, 3), (w, h, c) => new ImageShape(w, h, c)), Gen.Int[0, 1000]);

    [Fact]
    public async Task The_eight_turns_are_those_of_a_square()
    {
        // The reference of the four turns and four reflections, on a picture whose pixels are all different.
        Picture input = Picture.Make(new ImageShape(3, 2, 1), (_, y, x) => (3 * y) + x);
        float[][] expected =
        [
            [0, 1, 2, 3, 4, 5], [3, 4, 5, 0, 1, 2], [2, 1, 0, 5, 4, 3], [5, 4, 3, 2, 1, 0],
            [0, 3, 1, 4, 2, 5], [3, 0, 4, 1, 5, 2], [2, 5, 1, 4, 0, 3], [5, 2, 4, 1, 3, 0],
        ];
        using WholePicture whole = await WholePicture.ReadAsync(input.Source(1), default);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], (await Picture.ReadAsync(new TurnedSource(whole, Turn.All[i]))).Data);
    }

    [Fact]
    public void The_result_is_the_mean_of_the_stage_on_all_turns()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                Picture result = RunAsync(input, 2 + (s.Seed % 5), Slanted).Result;
                Picture expected = Picture.Make(input.Shape with { Width = 2 * s.Shape.Width, Height = 2 * s.Shape.Height }, (c, y, x) => 0);
                for (int turn = 0; turn < 8; turn++)
                {
                    Picture part = Back(Slanted(Turned(input, turn)), turn);
                    for (int i = 0; i < expected.Data.Length; i++)
                        expected.Data[i] += part.Data[i] / 8;
                }

                Assert.InRange(expected.Difference(result), 0, 1e-5f);
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void A_turned_picture_gives_the_turned_result()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                int turn = s.Seed % 8;
                Assert.InRange(Turned(RunAsync(input, 3, Slanted).Result, turn).Difference(RunAsync(Turned(input, turn), 7, Slanted).Result), 0, 1e-5f);
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void A_stage_that_changes_nothing_gives_the_picture()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                Assert.InRange(input.Difference(RunAsync(input, 4, p => p).Result), 0, 1e-6f);
            },
            iter: 40,
            threads: 1);

    [Theory]
    [InlineData(4, null, null, null, 124, 84)]
    [InlineData(4, 2.0, null, null, 62, 42)]
    [InlineData(2, 3.0, null, null, 93, 63)]
    [InlineData(2, null, 100, null, 100, 68)]
    [InlineData(2, null, 31, 500, 31, 500)]
    [InlineData(4, 1.0, null, null, 31, 21)]
    public async Task Sizes_are_exact_with_a_network_in_tiles(int networkScale, double? scale, int? width, int? height, int outWidth, int outHeight)
    {
        Picture input = Picture.Sample(new ImageShape(31, 21, 3));
        long before = FloatBuffer.Outstanding;
        var pool = new FakePool(FakePool.Card(networkScale, multiple: 4), (_, v) => v);
        FakeServices? services = null;
        services = new FakeServices
        {
            Models = pool,
            TileSize = 16,
            StageMaker = (id, given) => id == "gan" ? new GanStageFactory().Create(new StageOptions(given), services!) : new FakeResize(given, services),
        };
        var options = new Dictionary<string, object> { ["stage"] = "gan", ["model"] = "net" };
        foreach ((string name, object? value) in ((string, object?)[])[("scale", scale), ("width", width), ("height", height)])
        {
            if (value is not null)
                options[name] = value;
        }

        await using (IStage stage = new EnsembleStageFactory().Create(new StageOptions(options), services))
        {
            StagePlan plan = await stage.PlanAsync(input.Shape, default);
            Picture result = await Picture.ReadAsync(stage.Connect(input.Source(7)));
            Assert.Equal(new ImageShape(outWidth, outHeight, 3), plan.Output);
            Assert.Equal(plan.Output, result.Shape);
            Assert.Equal(plan.Tiles, services.TilesReported);
            Assert.True(pool.Runs >= 8 * 2);
            Assert.All(plan.Models, m => Assert.Equal("net", m));
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Options_of_the_inner_stage_are_handed_on()
    {
        var seen = new List<IReadOnlyDictionary<string, object>>();
        var services = new FakeServices { StageMaker = (_, given) => { seen.Add(given); return new FunctionStage(p => p); } };
        var options = new Dictionary<string, object> { ["stage"] = "inner", ["model"] = "net", ["options"] = "halo = 16, fast,kernel=box", ["width"] = 60L, ["height"] = 30L };
        await using IStage stage = new EnsembleStageFactory().Create(new StageOptions(options), services);
        await stage.PlanAsync(new ImageShape(31, 21, 3), default);
        Assert.All(seen.Take(4), given => Assert.Equal(
            [("halo", "16"), ("fast", true), ("kernel", "box"), ("model", "net"), ("width", 60), ("height", 30)], given.Select(g => (g.Key, g.Value))));
        Assert.Equal((30, 60), (seen[4]["width"], seen[4]["height"]));
    }

    [Fact]
    public async Task It_refuses_itself_and_stages_that_crop_or_are_not_the_same_when_turned()
    {
        await RefusedAsync("tta", new FunctionStage(p => p), "cannot run itself");
        await RefusedAsync("inner", new FunctionStage(p => p) { Region = new ImageRegion(0, 0, 3, 3) }, "cuts off");
        await RefusedAsync("inner", new FunctionStage(p => Picture.Make(new ImageShape(p.Shape.Width, 2 * p.Shape.Height, 1), (_, _, _) => 0)), "their mean cannot be taken");

        static async Task RefusedAsync(string inner, IStage made, string part)
        {
            var services = new FakeServices { StageMaker = (_, _) => made };
            await using IStage stage = new EnsembleStageFactory().Create(new StageOptions([new("stage", inner)]), services);
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await stage.PlanAsync(new ImageShape(31, 21, 1), default));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_plan_tells_the_memory_and_warns_where_it_is_much()
    {
        StagePlan small = await PlanAsync(new ImageShape(1000, 500, 3));
        Assert.InRange(small.MemoryBytes, 2 * 1000 * 500 * 3 * 4, 2.1 * 1000 * 500 * 3 * 4);
        Assert.Empty(small.Warnings);
        Assert.Contains("2.4 GB", Assert.Single((await PlanAsync(new ImageShape(10_000, 10_000, 3))).Warnings), StringComparison.Ordinal);

        static async Task<StagePlan> PlanAsync(ImageShape size)
        {
            var services = new FakeServices { StageMaker = (_, _) => new SameSizeStage() };
            await using IStage stage = new EnsembleStageFactory().Create(new StageOptions([new("stage", "inner")]), services);
            return await stage.PlanAsync(size, default);
        }
    }

    [Fact]
    public async Task Leaving_or_failing_half_way_leaks_nothing()
    {
        long before = FloatBuffer.Outstanding;
        Picture input = Picture.Sample(new ImageShape(40, 900, 3));
        var services = new FakeServices { StageMaker = (_, _) => new FunctionStage(p => p) };
        await using (IStage stage = new EnsembleStageFactory().Create(new StageOptions([new("stage", "inner")]), services))
        {
            await stage.PlanAsync(input.Shape, default);
            await using (IStripSource result = stage.Connect(input.Source(7)))
                (await result.ReadAsync(default))!.Dispose();
            await using IStripSource failing = stage.Connect(new ArraySource(input, [7]) { Fault = (300, new InvalidOperationException("broken")) });
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await failing.ReadAsync(default));
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    /// <summary>Twice as large, and different in every direction.</summary>
    private static Picture Slanted(Picture p) => Picture.Make(
        p.Shape with { Width = 2 * p.Shape.Width, Height = 2 * p.Shape.Height },
        (c, y, x) => p[c, y / 2, x / 2] + (0.5f * p[c, Math.Max(0, (y / 2) - 1), x / 2]) + (0.25f * p[c, y / 2, Math.Max(0, (x / 2) - 2)]) + ((x + (3 * y)) * 1e-3f));

    /// <summary>Bit 2 exchanges rows and columns of what bits 1 and 0 have mirrored.</summary>
    private static Picture Turned(Picture p, int turn)
    {
        Picture mirrored = Mirrored(p, turn);
        return turn < 4 ? mirrored : Exchanged(mirrored);
    }

    private static Picture Back(Picture p, int turn) => Mirrored(turn < 4 ? p : Exchanged(p), turn);

    private static Picture Exchanged(Picture p) => Picture.Make(p.Shape with { Width = p.Shape.Height, Height = p.Shape.Width }, (c, y, x) => p[c, x, y]);

    private static Picture Mirrored(Picture p, int turn)
        => Picture.Make(p.Shape, (c, y, x) => p[c, (turn & 1) != 0 ? p.Shape.Height - 1 - y : y, (turn & 2) != 0 ? p.Shape.Width - 1 - x : x]);

    private static async Task<Picture> RunAsync(Picture input, int stripRows, Func<Picture, Picture> function)
    {
        long before = FloatBuffer.Outstanding;
        var services = new FakeServices { StageMaker = (_, _) => new FunctionStage(function) };
        await using IStage stage = new EnsembleStageFactory().Create(new StageOptions([new("stage", "inner")]), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        Picture result = await Picture.ReadAsync(stage.Connect(input.Source(stripRows)));
        Assert.Equal(plan.Output, result.Shape);
        Assert.Equal(before, FloatBuffer.Outstanding);
        return result;
    }

    private sealed class SameSizeStage : IStage
    {
        public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new StagePlan { Output = input });

        public IStripSource Connect(IStripSource input) => input;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Any function of a whole picture as a stage.</summary>
    private sealed class FunctionStage(Func<Picture, Picture> function) : IStage
    {
        private ImageShape _output;

        public ImageRegion? Region { get; init; }

        public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        {
            _output = function(Picture.Make(input, (_, _, _) => 0)).Shape;
            return ValueTask.FromResult(new StagePlan { Output = _output, Region = Region });
        }

        public IStripSource Connect(IStripSource input) => new Source(input, _output, function);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class Source(IStripSource input, ImageShape shape, Func<Picture, Picture> function) : IStripSource
        {
            private ArraySource? _result;

            public ImageShape Shape => shape;

            public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
            {
                _result ??= function(await Picture.ReadAsync(input, cancellationToken)).Source(5);
                return await _result.ReadAsync(cancellationToken);
            }

            public ValueTask DisposeAsync() => input.DisposeAsync();
        }
    }
}
