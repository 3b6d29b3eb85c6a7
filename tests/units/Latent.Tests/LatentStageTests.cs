using Upscale.Diffusion.Tests;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Latent.Tests;

public sealed class LatentStageTests : IDisposable
{
    private static readonly Picture s_small = Picture.Sample(new ImageShape(37, 22, 3));

    private readonly SessionPool _pool = new();

    [Fact]
    public async Task Tiled_equals_whole()
    {
        Picture large = Picture.Sample(new ImageShape(202, 165, 3));
        var whole = new RecordingServices(_pool);
        var tiled = new RecordingServices(_pool) { TileSize = 1 };
        Picture expected = await RunAsync(whole, large);
        Picture actual = await RunAsync(tiled, large);
        Assert.Equal(6, whole.Runs);
        Assert.True(tiled.Runs >= 4 * whole.Runs, $"{tiled.Runs} runs");
        Assert.True(actual.Difference(expected) <= 1e-4f, $"The largest difference is {actual.Difference(expected)}.");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(37, 22)]
    [InlineData(4, 41)]
    public async Task Any_size_becomes_twice_as_large(int width, int height)
    {
        Picture result = await RunAsync(new RecordingServices(_pool), Picture.Sample(new ImageShape(width, height, 3)));
        Assert.Equal(new ImageShape(2 * width, 2 * height, 3), result.Shape);
    }

    [Theory]
    [InlineData(1.5, 56, 33, 6)]
    [InlineData(4, 148, 88, 12)]
    public async Task Any_factor_is_reached(double scale, int width, int height, int runs)
    {
        var services = new RecordingServices(_pool);
        Picture result = await RunAsync(services, s_small, ("scale", scale));
        Assert.Equal(new ImageShape(width, height, 3), result.Shape);
        Assert.Equal(runs, services.Runs);
    }

    [Fact]
    public async Task The_seed_decides_the_picture()
    {
        Picture first = await RunAsync(new RecordingServices(_pool) { Seed = 1 }, s_small);
        Assert.Equal(0, first.Difference(await RunAsync(new RecordingServices(_pool) { Seed = 1 }, s_small)));
        Assert.True(first.Difference(await RunAsync(new RecordingServices(_pool) { Seed = 2 }, s_small)) > 0.001f);
    }

    [Fact]
    public async Task A_gray_picture_stays_gray()
    {
        Picture gray = Picture.Sample(new ImageShape(20, 12, 1));
        Assert.Equal(new ImageShape(40, 24, 1), (await RunAsync(new RecordingServices(_pool), gray)).Shape);
    }

    [Fact]
    public async Task Two_back_projections_bring_the_reduced_result_to_the_source()
    {
        double without = await DeviationAsync(0);
        double full = await DeviationAsync(1);
        Assert.True(full < without / 3, $"{without}, {full}");

        async Task<double> DeviationAsync(double consistency)
        {
            var services = new RecordingServices(_pool);
            Picture result = await RunAsync(services, s_small, ("consistency", consistency));
            await using IStage reduce = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = 37, ["height"] = 22 });
            await reduce.PlanAsync(result.Shape, default);
            Picture reduced = await Picture.ReadAsync(reduce.Connect(result.Source()));
            return Math.Sqrt(reduced.Data.Zip(s_small.Data, (a, b) => (double)(a - b) * (a - b)).Average());
        }
    }

    [Fact]
    public async Task A_network_without_an_autoencoder_is_refused()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RunAsync(new RecordingServices(_pool), s_small, ("model", "sinsr-x4-compact")));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("'diffusion'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_component_is_named()
    {
        var services = new RecordingServices(_pool) { Change = card => card with { Components = [.. card.Components.Where(c => c.Name != "vae_decoder")] } };
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RunAsync(services, s_small));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Contains("'vae_decoder'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        long before = FloatBuffer.Outstanding;
        var services = new RecordingServices(_pool);
        await RunAsync(services, s_small);
        Assert.Equal((before, 0), (FloatBuffer.Outstanding, services.OpenLeases));
    }

    public void Dispose() => _pool.Dispose();

    private static Task<Picture> RunAsync(RecordingServices services, Picture input, params (string, object)[] options)
        => StageRunner.RunAsync(new LatentStageFactory(), services, input, [("model", "latent-x2-compact"), ("sampler", "stochastic"), ("consistency", 1.0), .. options]);
}
