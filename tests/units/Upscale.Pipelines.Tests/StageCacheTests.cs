using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class StageCacheTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());
    private readonly string _source;

    public StageCacheTests()
    {
        _source = _folder.File("a.png");
        File.Copy(TestData.Image("x4", "chelsea.png"), _source);
    }

    private string Cache => Path.Combine(Path.GetDirectoryName(_source)!, "cache");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Changing_the_last_stage_does_not_run_the_first_and_the_result_is_the_same_to_the_last_bit()
    {
        (_, List<string> first) = await RunAsync("gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=1.5");
        (string again, List<string> second) = await RunAsync("gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=1.5,kernel=mitchell");
        (string without, _) = await RunAsync(r => r with { StageCache = null }, "gan:model=anime4k-cnn-2x-l-an", "interpolation:scale=1.5,kernel=mitchell");
        Assert.DoesNotContain(first, m => m.Contains("cache", StringComparison.Ordinal));
        Assert.Contains("What the stage 'gan' gives is taken from the cache.", second);
        Assert.Equal(File.ReadAllBytes(without), File.ReadAllBytes(again));
        Assert.Single(Directory.EnumerateFiles(Cache));
    }

    [Fact]
    public async Task A_picture_is_kept_when_its_last_row_was_read_though_nobody_asks_for_more()
    {
        Picture picture = Picture.Sample(new ImageShape(9, 20, 3));
        var cache = new StageCache(Cache, 1 << 20, _ => { });
        await using (IStripSource kept = cache.Keep("ab", picture.Source(16)))
        {
            for (int row = 0; row < 20;)
            {
                Assert.Null(cache.Open("ab", picture.Shape));
                using Strip strip = (await kept.ReadAsync(default))!;
                row = strip.Bottom;
            }
        }

        Assert.Equal(picture.Data, (await Picture.ReadAsync(cache.Open("ab", picture.Shape)!)).Data);
    }

    [Fact]
    public async Task The_last_stage_that_is_known_is_the_one_to_start_from()
    {
        await RunAsync("interpolation:scale=2", "interpolation:scale=3", "interpolation:scale=0.5");
        (_, List<string> log) = await RunAsync("interpolation:scale=2", "interpolation:scale=3", "interpolation:scale=0.25");
        Assert.Single(log, m => m.Contains("cache", StringComparison.Ordinal));
        Assert.Equal(2, Directory.EnumerateFiles(Cache).Count());
    }

    [Fact]
    public async Task A_stage_that_is_led_by_the_source_gets_it_beside_what_was_kept()
    {
        string[] stages = ["gan:scale=4", "refine:strength=0.3"];
        await RunAsync(stages);
        (string cached, List<string> log) = await RunAsync(stages);
        (string without, _) = await RunAsync(r => r with { StageCache = null }, stages);
        Assert.Contains("What the stage 'gan' gives is taken from the cache.", log);
        Assert.Contains(log, m => m.Contains("is led by the picture that came in", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(without), File.ReadAllBytes(cached));
    }

    [Theory]
    [InlineData("interpolation:scale=2,kernel=mitchell", 0L, false)]
    [InlineData("interpolation:scale=2", 7L, false)]
    [InlineData("interpolation:scale=2", 0L, true)]
    public async Task What_made_it_differently_is_not_taken(string stage, long seed, bool otherSource)
    {
        await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        if (otherSource)
            File.Copy(TestData.Image("x4", "rocket.png"), _source, overwrite: true);
        (_, List<string> log) = await RunAsync(r => r with { Seed = seed }, stage, "interpolation:scale=0.5");
        Assert.DoesNotContain(log, m => m.Contains("cache", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Transparent_pictures_come_out_whole()
    {
        File.Copy(Path.Combine(TestData.Root, "tests", "data", "reference", "badfiles", "rgba16.png"), _source, overwrite: true);
        await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        (string cached, List<string> log) = await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        (string without, _) = await RunAsync(r => r with { StageCache = null }, "interpolation:scale=2", "interpolation:scale=0.5");
        Assert.Contains(log, m => m.Contains("cache", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(without), File.ReadAllBytes(cached));
    }

    [Fact]
    public async Task What_was_not_used_for_the_longest_time_goes_first()
    {
        // 106 x 74 pixels twice as wide and high take 376 KB.
        UpscaleRequest Small(UpscaleRequest r) => r with { StageCacheSize = 800_000 };
        string[] Stages(string kernel) => [$"interpolation:scale=2,kernel={kernel}", "interpolation:scale=0.5"];
        foreach (string kernel in new[] { "box", "bicubic", "box", "mitchell" })
        {
            await RunAsync(Small, Stages(kernel));
            await Task.Delay(20);
        }

        Assert.Equal(2, Directory.EnumerateFiles(Cache).Count());
        Assert.Contains((await RunAsync(Small, Stages("box"))).Log, m => m.Contains("taken from the cache", StringComparison.Ordinal));
        Assert.DoesNotContain((await RunAsync(Small, Stages("bicubic"))).Log, m => m.Contains("taken from the cache", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_picture_larger_than_the_cache_is_made_and_not_kept()
    {
        (string result, List<string> log) = await RunAsync(r => r with { StageCacheSize = 1000 }, "interpolation:scale=2", "interpolation:scale=0.5");
        Assert.True(File.Exists(result));
        Assert.Contains(log, m => m.Contains("does not hold a picture", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public async Task A_folder_that_takes_nothing_is_no_obstacle()
    {
        File.WriteAllText(Cache, "a file");
        (string result, List<string> log) = await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        Assert.True(File.Exists(result));
        Assert.Contains(log, m => m.Contains("takes nothing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public async Task A_file_that_was_cut_short_is_not_taken(int length)
    {
        await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        using (FileStream file = File.OpenWrite(Directory.EnumerateFiles(Cache).Single()))
            file.SetLength(length);
        (_, List<string> log) = await RunAsync("interpolation:scale=2", "interpolation:scale=0.5");
        Assert.DoesNotContain(log, m => m.Contains("taken from the cache", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_nothing_in_the_cache()
    {
        using var stop = new CancellationTokenSource();
        UpscalePlan plan = await _engine.PlanAsync(Request(r => r, "interpolation:scale=2", "interpolation:scale=60"), default);
        var progress = new Stopping(stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _engine.RunAsync(plan, progress, null, stop.Token));
        Assert.Empty(Directory.Exists(Cache) ? Directory.EnumerateFiles(Cache, "*.part") : []);
    }

    private static int s_results;

    private UpscaleRequest Request(Func<UpscaleRequest, UpscaleRequest> change, params string[] stages) => change(new UpscaleRequest
    {
        Source = _source,
        StageCache = Cache,
        Stages = [.. stages.Select(StageSpec.Parse)],
        NameFormat = $"result-{Interlocked.Increment(ref s_results)}",
        SoftwareTag = false,
    });

    private Task<(string Path, List<string> Log)> RunAsync(params string[] stages) => RunAsync(r => r, stages);

    private async Task<(string Path, List<string> Log)> RunAsync(Func<UpscaleRequest, UpscaleRequest> change, params string[] stages)
    {
        var log = new List<string>();
        UpscaleResult result = await _engine.RunAsync(await _engine.PlanAsync(Request(change, stages), default), null, message =>
        {
            lock (log)
                log.Add(message);
        }, default);
        return (result.Path, [.. log, .. result.Warnings]);
    }

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<UpscaleProgress>
    {
        public void Report(UpscaleProgress value) => stop.Cancel();
    }
}
