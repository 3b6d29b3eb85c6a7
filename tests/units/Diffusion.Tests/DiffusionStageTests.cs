using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class DiffusionStageTests : IDisposable
{
    /// <summary>Larger than the smallest tile on both sides.</summary>
    private static readonly Picture s_large = Picture.Sample(new ImageShape(150, 124, 3));

    private static readonly Picture s_small = Picture.Sample(new ImageShape(23, 17, 3));

    private readonly SessionPool _pool = new();

    [Theory]
    [InlineData("resshift-x4-compact", 4)]
    [InlineData("sinsr-x4-compact", 1)]
    public async Task Tiled_equals_whole(string model, int steps)
    {
        var whole = new RecordingServices(_pool);
        var tiled = new RecordingServices(_pool) { TileSize = 1 };
        Picture expected = await RunAsync(whole, s_large, ("model", model));
        Picture actual = await RunAsync(tiled, s_large, ("model", model));
        Assert.Equal(steps, whole.Runs);
        Assert.True(tiled.Runs >= 4 * steps, $"{tiled.Runs} runs");
        Assert.True(actual.Difference(expected) <= 1e-4f, $"The largest difference is {actual.Difference(expected)}.");
    }

    [Fact]
    public async Task A_tile_that_is_too_large_becomes_smaller_ones_and_the_picture_stays()
    {
        var shortOfMemory = new RecordingServices(_pool) { TooLarge = run => run == 0 };
        Picture large = Picture.Sample(new ImageShape(180, 150, 3));
        Picture actual = await RunAsync(shortOfMemory, large);
        Assert.True(shortOfMemory.Runs > 2);
        Assert.True(actual.Difference(await RunAsync(new RecordingServices(_pool), large)) <= 1e-4f);
    }

    [Fact]
    public async Task The_seed_decides_the_picture()
    {
        Picture first = await RunAsync(new RecordingServices(_pool) { Seed = 1 }, s_small);
        Assert.Equal(0, first.Difference(await RunAsync(new RecordingServices(_pool) { Seed = 1 }, s_small)));
        Assert.True(first.Difference(await RunAsync(new RecordingServices(_pool) { Seed = 2 }, s_small)) > 0.001f);
    }

    [Fact]
    public async Task At_temperature_zero_there_is_no_noise()
    {
        Picture first = await RunAsync(new RecordingServices(_pool) { Seed = 1 }, s_small, ("temperature", 0.0));
        Assert.Equal(0, first.Difference(await RunAsync(new RecordingServices(_pool) { Seed = 2 }, s_small, ("temperature", 0.0))));
    }

    [Fact]
    public async Task A_gray_picture_stays_gray()
    {
        Picture gray = Picture.Sample(new ImageShape(20, 12, 1));
        Picture wide = Picture.Make(gray.Shape with { Channels = 3 }, (_, y, x) => gray[0, y, x]);
        Picture result = await RunAsync(new RecordingServices(_pool), gray);
        Picture colour = await RunAsync(new RecordingServices(_pool), wide);
        Picture mean = Picture.Make(result.Shape, (_, y, x) => (colour[0, y, x] + colour[1, y, x] + colour[2, y, x]) / 3);
        Assert.True(result.Difference(mean) <= 1e-6f);
    }

    [Theory]
    [InlineData(2, 46, 34, 1)]
    [InlineData(4, 92, 68, 1)]
    [InlineData(9.5, 219, 162, 2)]
    public async Task Any_factor_is_reached(double scale, int width, int height, int runs)
    {
        var services = new RecordingServices(_pool);
        Picture result = await RunAsync(services, s_small, ("scale", scale));
        Assert.Equal(new ImageShape(width, height, 3), result.Shape);
        Assert.Equal(runs, services.Runs);
    }

    [Fact]
    public async Task Consistency_brings_the_reduced_result_nearer_to_the_source()
    {
        double without = await DeviationAsync(0);
        double half = await DeviationAsync(0.5);
        double full = await DeviationAsync(1);
        Assert.True(full < 0.7 * half && half < 0.7 * without, $"{without}, {half}, {full}");

        async Task<double> DeviationAsync(double consistency)
        {
            var services = new RecordingServices(_pool);
            Picture result = await RunAsync(services, s_small, ("consistency", consistency));
            await using IStage reduce = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = 23, ["height"] = 17 });
            await reduce.PlanAsync(result.Shape, default);
            Picture reduced = await Picture.ReadAsync(reduce.Connect(result.Source()));
            return Math.Sqrt(reduced.Data.Zip(s_small.Data, (a, b) => (double)(a - b) * (a - b)).Average());
        }
    }

    [Theory]
    [InlineData("realesr-general-x4v3", "gan")]
    [InlineData("latent-x2-compact", "latent")]
    public async Task A_network_of_another_stage_is_refused_with_the_name_of_that_stage(string model, string stage)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RunAsync(new RecordingServices(_pool), s_small, ("model", model)));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains($"'{stage}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_diffusion_network_names_its_stage_to_the_others()
    {
        ModelCard card = await new RecordingServices(_pool).DescribeAsync("sinsr-x4-compact", default);
        Assert.Contains("'diffusion'", Assert.Throws<UpscaleException>(() => card.CheckStage("gan")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_left_behind_by_a_run_nor_by_one_that_is_given_up()
    {
        long before = FloatBuffer.Outstanding;
        var services = new RecordingServices(_pool);
        await RunAsync(services, s_small, ("model", "resshift-x4-compact"), ("consistency", 1.0));
        Assert.Equal((before, 0), (FloatBuffer.Outstanding, services.OpenLeases));

        IStage stage = new DiffusionStageFactory().Create(new StageOptions(StageRunner.Options(("model", "resshift-x4-compact"), ("sampler", "stochastic"), ("consistency", 1.0))), services);
        await stage.PlanAsync(s_large.Shape, default);
        ArraySource input = s_large.Source(8);
        IStripSource source = stage.Connect(input);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await source.ReadAsync(stop.Token));
        await source.DisposeAsync();
        await stage.DisposeAsync();
        Assert.True(input.Disposed);
        Assert.Equal((before, 0), (FloatBuffer.Outstanding, services.OpenLeases));
    }

    public void Dispose() => _pool.Dispose();

    private static Task<Picture> RunAsync(RecordingServices services, Picture input, params (string, object)[] options)
        => StageRunner.RunAsync(new DiffusionStageFactory(), services, input, [("model", "sinsr-x4-compact"), ("sampler", "stochastic"), .. options]);
}
