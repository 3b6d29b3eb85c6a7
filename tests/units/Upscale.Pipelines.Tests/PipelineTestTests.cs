using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class PipelineTestTests : IAsyncLifetime
{
    private static readonly ImageShape s_size = new(64, 48, 3);
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine;

    public PipelineTestTests()
    {
        var home = new UpscaleHome(TestData.Root) { RatesFile = _folder.File("rates.json") };
        _engine = TestPlugin.Install(_folder, new UpscaleEngine(home, new SessionPool()));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_stage_tells_sizes_tiles_memory_networks_and_device()
    {
        PipelineTest test = await TestAsync("gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=1.5");
        Assert.Empty(test.Refusals);
        Assert.Equal([s_size, new ImageShape(128, 96, 3)], test.Stages.Select(s => s.Input!.Value));
        Assert.Equal([new ImageShape(128, 96, 3), new ImageShape(192, 144, 3)], test.Stages.Select(s => s.Output!.Value));
        Assert.Equal((0, "gan", "anime4k-cnn-2x-l-an", "Cpu"), (test.Stages[0].Index, test.Stages[0].Stage, test.Stages[0].Model, test.Stages[0].Device));
        Assert.All(test.Stages, s => Assert.True(s is { Tiles: >= 1, MemoryBytes: > 0, EstimatedTime: null, Refusal: null }));
    }

    [Fact]
    public async Task Every_refusal_is_told_with_its_stage()
    {
        PipelineTest test = await TestAsync("same", "gan:model=no-such", "same:strength=2", "interpolation:kernel=nonsense");
        Assert.Equal([UpscaleErrorId.ModelNotFound, UpscaleErrorId.OptionInvalid, UpscaleErrorId.OptionInvalid], test.Refusals.Select(r => r.ErrorId));
        Assert.Equal([false, true, true, true], test.Stages.Select(s => s.Refusal is not null));
        Assert.All(test.Refusals.Zip([1, 2, 3]), r => Assert.Contains($"Stage {r.Second} ", r.First.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_result_that_the_format_does_not_hold_is_refused()
    {
        PipelineTest test = await _engine.TestAsync(Request("interpolation:scale=60") with { Format = "webp" }, new ImageShape(512, 512, 3), default);
        Assert.Equal(UpscaleErrorId.ImageTooLarge, Assert.Single(test.Refusals).ErrorId);
    }

    [Fact]
    public async Task A_size_that_was_asked_for_is_a_stage_of_its_own()
    {
        PipelineTest test = await _engine.TestAsync(Request("gan:model=anime4k-cnn-2x-l-an,scale=2") with { Scale = 3 }, s_size, default);
        Assert.Equal([2, 3], test.Stages.Select(s => s.Output!.Value.Width / s_size.Width));
    }

    [Fact]
    public async Task Time_is_estimated_from_earlier_pictures_and_grows_with_the_picture()
    {
        string source = _folder.File("a.png");
        File.Copy(TestData.Image("truth", "chelsea.png"), source);
        UpscaleRequest request = Request("gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=2") with { Source = source };
        UpscaleResult result = await _engine.RunAsync(await _engine.PlanAsync(request, default), null, null, default);

        PipelineTest same = await _engine.TestAsync(request, s_size, default);
        PipelineTest small = await TestAsync("gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=2");
        Assert.All(same.Stages, s => Assert.InRange(s.EstimatedTime!.Value, TimeSpan.FromTicks(1), result.Elapsed * 1.01));
        Assert.All(same.Stages.Zip(small.Stages), s => Assert.True(s.First.EstimatedTime > 4 * s.Second.EstimatedTime));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ nonsense")]
    [InlineData("[1]")]
    public async Task A_damaged_file_of_rates_is_no_obstacle(string text)
    {
        File.WriteAllText(_folder.File("rates.json"), text);
        Assert.Null(Assert.Single((await TestAsync("same")).Stages).EstimatedTime);
    }

    [Fact]
    public async Task The_pipeline_of_a_request_is_run_and_named_in_the_result()
    {
        string source = _folder.File("a.png");
        File.Copy(TestData.Image("x4", "chelsea.png"), source);
        UpscaleResult result = await _engine.RunAsync(await _engine.PlanAsync(Request("interpolation:scale=2", "interpolation:scale=1.5") with { Source = source }, default), null, null, default);
        Assert.Equal(("test", 3.0), (result.Pipeline, Math.Round(result.Scale, 1)));
        Assert.Contains("pipeline test; interpolation", File.ReadAllText(result.Path, System.Text.Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_beside_a_pipeline_and_a_pipeline_without_stages_are_refused()
    {
        UpscaleRequest both = Request("same") with { Stages = [new StageSpec("same")] };
        Assert.Equal(UpscaleErrorId.PipelineInvalid, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(both, default))).ErrorId);
        Assert.Equal(UpscaleErrorId.PipelineInvalid, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(Request(), default))).ErrorId);
    }

    private static UpscaleRequest Request(params string[] stages)
        => new() { Source = "", Pipeline = new UpscalePipeline { Name = "test", Stages = [.. stages.Select(StageSpec.Parse)] } };

    private Task<PipelineTest> TestAsync(params string[] stages) => _engine.TestAsync(Request(stages), s_size, default);
}
