using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class ConditionedRefineTests : IDisposable
{
    private readonly SessionPool _pool = new();

    public static TheoryData<string> Cases => Golden.Cases("resshift-x4-compact");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task With_the_original_as_condition_the_recorded_refinement_from_step_two_is_met(string folder)
    {
        var services = new RecordingServices(_pool, new RecordedNoise(folder));
        string refined = Path.Combine(folder, "refine_t2");
        Picture result = await RunAsync(services, Golden.Picture(refined, "given"), Golden.Picture(folder, "low_res"), 2 / 3.0);
        Golden.Trajectory(refined, services, [2, 1]);
        Golden.Near(Path.Combine(refined, "final.npy"), result.Data);
    }

    [Fact]
    public async Task The_network_sees_the_pixels_of_the_original_and_not_the_reduced_picture()
    {
        Picture original = Picture.Sample(new ImageShape(32, 24, 3), seed: 5);
        Picture large = Picture.Sample(new ImageShape(128, 96, 3), seed: 6);
        var led = new RecordingServices(_pool);
        var alone = new RecordingServices(_pool);
        Picture withOriginal = await RunAsync(led, large, original, 0.6);
        Picture without = await RunAsync(alone, large, null, 0.6);
        Assert.NotEmpty(led.Tensors);
        Assert.All(Conditions(led), c => Assert.Equal(original.Data, c));
        Assert.All(Conditions(alone), c => Assert.NotEqual(original.Data, c));
        Assert.True(withOriginal.Difference(without) > 0.01f);
    }

    [Theory]
    [InlineData(32, 24, 0.6, true)]
    [InlineData(33, 24, 0.6, false)]
    [InlineData(32, 23, 0.6, false)]
    [InlineData(64, 48, 0.6, false)]
    [InlineData(128, 96, 0.6, false)]
    [InlineData(32, 24, 0, false)]
    public async Task The_original_is_wanted_where_the_picture_is_four_times_as_wide_and_high(int width, int height, double strength, bool wanted)
    {
        await using IStage stage = Create(new RecordingServices(_pool), strength);
        await stage.PlanAsync(new ImageShape(128, 96, 3), default);
        Assert.Equal(wanted, ((IConditionedStage)stage).WantsOriginal(new ImageShape(width, height, 3)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    public async Task Gray_and_colour_may_meet(int channels, int originalChannels)
    {
        long before = FloatBuffer.Outstanding;
        Picture large = Picture.Sample(new ImageShape(128, 96, channels));
        Picture refined = await RunAsync(new RecordingServices(_pool), large, Picture.Sample(new ImageShape(32, 24, originalChannels)), 0.5);
        Assert.Equal(large.Shape, refined.Shape);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Tiled_equals_whole()
    {
        Picture original = Picture.Sample(new ImageShape(160, 120, 3));
        Picture large = Picture.Sample(new ImageShape(640, 480, 3), seed: 2);
        var tiled = new RecordingServices(_pool) { TileSize = 1 };
        Picture actual = await RunAsync(tiled, large, original, 0.6);
        Picture expected = await RunAsync(new RecordingServices(_pool), large, original, 0.6);
        Assert.True(tiled.Runs > 2);
        Assert.True(actual.Difference(expected) <= 1e-4f, $"The largest difference is {actual.Difference(expected)}.");
    }

    public void Dispose() => _pool.Dispose();

    private static IEnumerable<float[]> Conditions(RecordingServices services) => services.Tensors.Where(t => t.Name == "low_res").Select(t => t.Values);

    private static IStage Create(RecordingServices services, double strength)
        => new RefineStageFactory().Create(
            new StageOptions(StageRunner.Options(("model", "resshift-x4-compact"), ("sampler", "stochastic"), ("strength", strength), ("temperature", 1.0))), services);

    private static async Task<Picture> RunAsync(RecordingServices services, Picture input, Picture? original, double strength)
    {
        await using IStage stage = Create(services, strength);
        await stage.PlanAsync(input.Shape, default);
        return await Picture.ReadAsync(original is null ? stage.Connect(input.Source(5, 7)) : ((IConditionedStage)stage).Connect(input.Source(5, 7), original.Source(3)));
    }
}
