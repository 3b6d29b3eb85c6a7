using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

/// <summary>What several pictures of one run do to each other, and what was there before.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private static readonly StageSpec s_double = StageSpec.Parse("interpolation:kernel=box,scale=2");

    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_existing_result_is_an_error_and_stays_unless_asked_otherwise()
    {
        await ExistingAsync(ExistingTarget.Error, UpscaleErrorId.TargetExists, null);
        Assert.Equal("old", File.ReadAllText(_folder.File("a_2x.png")));
    }

    [Fact]
    public async Task An_existing_result_is_skipped_when_asked_and_told_as_such()
    {
        UpscaleResult result = (await ExistingAsync(ExistingTarget.Skip, null, UpscaleState.Skipped))!;
        Assert.Equal(_folder.File("a_2x.png"), result.Path);
        Assert.Equal((16, 12, TimeSpan.Zero), (result.Width, result.Height, result.Elapsed));
        Assert.Equal("old", File.ReadAllText(_folder.File("a_2x.png")));
    }

    [Fact]
    public async Task An_existing_result_is_replaced_when_asked()
    {
        await ExistingAsync(ExistingTarget.Replace, null, UpscaleState.Done);
        Assert.Equal(["a.png", "a_2x.png"], Names());
        Assert.NotEqual("old", File.ReadAllText(_folder.File("a_2x.png")));
    }

    [Fact]
    public async Task A_result_gets_a_free_name_when_asked()
    {
        File.WriteAllText(_folder.File("a_2x-2.png"), "older");
        UpscaleResult result = (await ExistingAsync(ExistingTarget.Rename, null, UpscaleState.Done))!;
        Assert.Equal(_folder.File("a_2x-3.png"), result.Path);
        Assert.Equal(["a.png", "a_2x-2.png", "a_2x-3.png", "a_2x.png"], Names());
        Assert.Equal("old", File.ReadAllText(_folder.File("a_2x.png")));
    }

    [Fact]
    public async Task Equal_base_names_are_refused_with_both_names_or_get_names_of_their_own()
    {
        string[] sources = [await WriteAsync("a.jpg"), await WriteAsync("a.png")];
        UpscaleOutcome[] refused = await RunAsync(sources.Select(s => Request(s) with { Format = "png", Destination = _folder.File("out") }));
        Assert.NotNull(refused[0].Result);
        var error = Assert.IsType<UpscaleException>(refused[1].Error);
        Assert.Equal(UpscaleErrorId.TargetConflict, error.ErrorId);
        Assert.All(sources, s => Assert.Contains(s, error.Message, StringComparison.Ordinal));

        UpscaleOutcome[] renamed = await RunAsync(sources.Select(s => Request(s) with { Format = "png", Destination = _folder.File("two"), Existing = ExistingTarget.Rename }));
        Assert.Equal(["a_2x.png", "a_2x-2.png"], renamed.Select(o => Path.GetFileName(o.Result!.Path)));
    }

    [Fact]
    public async Task A_second_source_of_a_target_is_refused_even_when_what_exists_is_skipped()
    {
        string[] sources = [await WriteAsync("a.jpg"), await WriteAsync("a.png")];
        for (int run = 0; run < 2; run++)
        {
            UpscaleOutcome[] outcomes = await RunAsync(sources.Select(s => Request(s) with { Format = "png", Destination = _folder.File("out"), Existing = ExistingTarget.Skip }));
            Assert.Equal(run == 0 ? UpscaleState.Done : UpscaleState.Skipped, outcomes[0].Result!.State);
            Assert.Equal(UpscaleErrorId.TargetConflict, Assert.IsType<UpscaleException>(outcomes[1].Error).ErrorId);
        }
    }

    [Fact]
    public async Task A_source_is_never_replaced_by_the_result_of_another_one()
    {
        string first = await WriteAsync("a.png");
        string second = await WriteAsync("a_2x.png");
        byte[] before = File.ReadAllBytes(second);
        UpscaleOutcome[] outcomes = await RunAsync([Request(first) with { Existing = ExistingTarget.Replace }, Request(second) with { Existing = ExistingTarget.Replace }]);
        Assert.Equal(UpscaleErrorId.TargetConflict, Assert.IsType<UpscaleException>(outcomes[0].Error).ErrorId);
        Assert.NotNull(outcomes[1].Result);
        Assert.Equal(before, File.ReadAllBytes(second));
    }

    [Fact]
    public async Task Every_combination_of_networks_and_scales_is_a_result_under_a_name_of_its_own()
    {
        string source = await WriteAsync("a.png");
        IReadOnlyList<UpscaleRequest> variants = RequestVariants.Expand(new UpscaleRequest { Source = source, Device = "Cpu" }, ["anime4k-cnn-2x-l-an", "waifu2x-cunet-noise1"], [2, 3, 2], null);
        UpscaleOutcome[] outcomes = await RunAsync(variants);
        Assert.Equal(
            ["a_2x_anime4k-cnn-2x-l-an.png", "a_3x_anime4k-cnn-2x-l-an.png", "a_2x_waifu2x-cunet-noise1.png", "a_3x_waifu2x-cunet-noise1.png"],
            outcomes.Select(o => Path.GetFileName(o.Result?.Path ?? o.Error!.Message)));
        Assert.Equal([16, 24, 16, 24], outcomes.Select(o => o.Result!.Width));
    }

    [Fact]
    public async Task Scales_that_one_name_does_not_tell_apart_are_refused()
    {
        string source = await WriteAsync("a.png");
        UpscaleOutcome[] outcomes = await RunAsync(RequestVariants.Expand(new UpscaleRequest { Source = source, Stages = [StageSpec.Parse("interpolation")] }, [], [2, 4], "{name}-big"));
        Assert.NotNull(outcomes[0].Result);
        Assert.Equal(UpscaleErrorId.TargetConflict, Assert.IsType<UpscaleException>(outcomes[1].Error).ErrorId);
    }

    [Fact]
    public async Task The_index_counts_sources_and_the_date_is_that_of_the_runs_beginning()
    {
        string[] sources = [await WriteAsync("a.png"), _folder.Touch("b.png"), await WriteAsync("c.png")];
        IEnumerable<UpscaleRequest> requests = sources.SelectMany(s => RequestVariants.Expand(Request(s) with { Stages = [StageSpec.Parse("interpolation")] }, [], [2, 4], "{date}-{index:00}-{scale}"));
        UpscaleOutcome[] outcomes = await RunAsync(requests, time: new Clock());
        Assert.Equal(
            ["2026-02-03-01-2.png", "2026-02-03-01-4.png", "2026-02-03-03-2.png", "2026-02-03-03-4.png"],
            outcomes.Where(o => o.Result is not null).Select(o => Path.GetFileName(o.Result!.Path)));
    }

    [Fact]
    public async Task A_name_of_250_bytes_is_kept_and_one_that_grows_too_long_is_refused_before_work()
    {
        string fits = await WriteAsync(new string('é', 122) + "ab.png");
        string tooLong = await WriteAsync(new string('x', 251) + ".png");
        Assert.Equal(250, System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(fits)));
        UpscaleOutcome[] outcomes = await RunAsync([Request(fits), Request(tooLong)]);
        Assert.True(File.Exists(outcomes[0].Result?.Path));
        var error = Assert.IsType<UpscaleException>(outcomes[1].Error);
        Assert.Equal(UpscaleErrorId.FileWriteFailed, error.ErrorId);
        Assert.Contains("255", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_process_left_is_removed_and_what_others_are_writing_is_not()
    {
        string source = await WriteAsync("a.png");
        using TargetFile writing = TargetFile.Create(_folder.File("out", "b.png"));
        string[] name = Path.GetFileName(writing.TemporaryPath).Split('-');
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        await process.WaitForExitAsync();
        string left = _folder.Touch("out", $"{name[0]}-{name[1]}-{process.Id}-{name[3]}");
        string elsewhere = _folder.Touch("out", $"{name[0]}-00000000-{process.Id}-{name[3]}");
        string reused = _folder.Touch("out", $"{name[0]}-{name[1]}-{Environment.ProcessId}-{new string('0', 32)}.part");
        File.SetLastWriteTimeUtc(reused, DateTime.UtcNow.AddDays(-3));

        Assert.NotNull(Assert.Single(await RunAsync([Request(source) with { Destination = _folder.File("out") }])).Result);

        Assert.Equal(new[] { writing.TemporaryPath, elsewhere, _folder.File("out", "a_2x.png") }.Order(), Directory.GetFiles(_folder.File("out")).Order());
    }

    [Fact]
    public void A_search_does_not_go_into_the_folder_of_the_results()
    {
        foreach (string[] file in new string[][] { ["in", "a.png"], ["in", "out", "a_2x.png"], ["in", "outer", "b.png"] })
            _folder.Touch(file);
        string[] Found(string root, string? except) => [.. SourceExpander.Expand([root], true, _folder.Path, except).Select(f => Path.GetFileName(f.Path))];
        Assert.Equal(["a.png", "b.png"], Found("in", _folder.File("in", "out")));
        Assert.Equal(["a.png", "a_2x.png", "b.png"], Found("in", null));
        Assert.Equal(["a_2x.png"], Found("in/out", _folder.File("in", "out")));
    }

    private static UpscaleRequest Request(string source) => new() { Source = source, Stages = [s_double] };

    private async Task<UpscaleResult?> ExistingAsync(ExistingTarget existing, string? errorId, UpscaleState? state)
    {
        string source = await WriteAsync("a.png");
        File.WriteAllText(_folder.File("a_2x.png"), "old");
        UpscaleOutcome outcome = Assert.Single(await RunAsync([Request(source) with { Existing = existing }]));
        Assert.Equal((errorId, state), ((outcome.Error as UpscaleException)?.ErrorId, outcome.Result?.State));
        return outcome.Result;
    }

    private Task<UpscaleOutcome[]> RunAsync(IEnumerable<UpscaleRequest> requests, TimeProvider? time = null) => BatchRun.RunAsync(_engine, requests, time: time);

    private string[] Names() => [.. Directory.EnumerateFiles(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private async Task<string> WriteAsync(string name)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.FromPath(path) }, Picture.Sample(new ImageShape(8, 6, 3)).Source(), null, ImageMetadata.None, default);
        return path;
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 2, 3, 23, 59, 0, TimeSpan.Zero);

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => _now += TimeSpan.FromSeconds(45);
    }
}
