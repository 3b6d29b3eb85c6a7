using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class RefineStageTests : IDisposable
{
    /// <summary>The enlargement of a photograph by a GAN.</summary>
    private static readonly Picture s_given = Golden.Picture(
        Directory.EnumerateDirectories(Path.Combine(TestData.Root, "tests", "data", "reference", "models", "resshift-x4-compact"), "refine_t2", SearchOption.AllDirectories).First(), "given");

    private readonly SessionPool _pool = new();

    [Fact]
    public async Task At_strength_zero_the_picture_stays_as_it_is()
    {
        var services = new RecordingServices(_pool);
        Assert.Equal(s_given.Data, (await RunAsync(services, s_given, 0)).Data);
        Assert.Equal(0, services.Runs);
    }

    [Fact]
    public async Task The_effect_grows_with_strength()
    {
        double last = 0;
        foreach (double strength in new[] { 0.05, 0.2, 1 / 3.0, 0.34, 0.5, 2 / 3.0, 0.67, 0.8, 1 })
        {
            Picture refined = await RunAsync(new RecordingServices(_pool), s_given, strength);
            double change = Math.Sqrt(refined.Data.Zip(s_given.Data, (a, b) => (double)(a - b) * (a - b)).Average());
            Assert.True(change > last, $"At strength {strength:0.00} the change is {change}, below it {last}.");
            last = change;
        }
    }

    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.5, 2)]
    [InlineData(1, 3)]
    public async Task Strength_chooses_the_steps(double strength, int runs)
    {
        var services = new RecordingServices(_pool);
        await RunAsync(services, s_given, strength);
        Assert.Equal(runs, services.Runs);
    }

    [Fact]
    public async Task Tiled_equals_whole_at_a_size_that_the_factor_does_not_divide()
    {
        Picture large = Picture.Sample(new ImageShape(597, 453, 3));
        var tiled = new RecordingServices(_pool) { TileSize = 1 };
        Picture actual = await RunAsync(tiled, large, 0.6);
        Picture expected = await RunAsync(new RecordingServices(_pool), large, 0.6);
        Assert.True(tiled.Runs > 2);
        Assert.Equal(large.Shape, actual.Shape);
        Assert.True(actual.Difference(expected) <= 1e-4f, $"The largest difference is {actual.Difference(expected)}.");
    }

    [Fact]
    public async Task A_gray_picture_stays_gray()
    {
        Picture gray = Picture.Sample(new ImageShape(41, 30, 1));
        Picture refined = await RunAsync(new RecordingServices(_pool), gray, 0.6);
        Assert.Equal(gray.Shape, refined.Shape);
        Assert.True(refined.Difference(gray) is > 0 and < 0.5f);
    }

    [Fact]
    public async Task The_one_step_student_is_refused()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(
            () => StageRunner.RunAsync(new RefineStageFactory(), new RecordingServices(_pool), s_given, ("model", "sinsr-x4-compact"), ("strength", 0.5)));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        long before = FloatBuffer.Outstanding;
        var services = new RecordingServices(_pool);
        await RunAsync(services, s_given, 0.6);
        Assert.Equal((before, 0), (FloatBuffer.Outstanding, services.OpenLeases));
    }

    public void Dispose() => _pool.Dispose();

    private static Task<Picture> RunAsync(RecordingServices services, Picture input, double strength)
        => StageRunner.RunAsync(new RefineStageFactory(), services, input, ("model", "resshift-x4-compact"), ("sampler", "stochastic"), ("strength", strength));
}
