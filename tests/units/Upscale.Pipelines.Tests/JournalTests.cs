using System.Reflection;
using System.Text.Json;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class JournalTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _plain = new(new UpscaleHome(TestData.Root), new SessionPool());
    private readonly UpscaleEngine _engine;

    public JournalTests() => _engine = TestPlugin.Install(_folder, _plain);

    private string JournalPath => _folder.File("run.jsonl");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _plain.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_outcome_is_a_line_with_what_makes_the_result()
    {
        string good = await WriteAsync("in", "ü \"1\".png"), bad = _folder.Touch("in", "bad.png"), there = await WriteAsync("in", "there.png");
        _folder.Touch("out", "there_2x.png");
        await RunAsync([good, bad, there], r => r with { Existing = ExistingTarget.Skip });

        JsonElement[] lines = [.. File.ReadLines(JournalPath).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(1, lines[0].GetProperty("upscaleJournal").GetInt32());
        Assert.Equal(
            ["bad.png Failed", "there.png Skipped", "ü \"1\".png Done", "ü \"1\".png Started"],
            lines.Skip(1).Select(l => $"{Path.GetFileName(Text(l, "source"))} {Text(l, "state")}").Order(StringComparer.Ordinal));
        JsonElement done = lines.Single(l => l.TryGetProperty("state", out JsonElement state) && state.GetString() == "Done");
        Assert.Equal((good, _folder.File("out", "ü \"1\"_2x.png")), (Text(done, "source"), Text(done, "target")));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(good))), Text(done, "sourceSha256"));
        Assert.Equal(new FileInfo(good).Length, done.GetProperty("sourceLength").GetInt64());
        Assert.Equal(new FileInfo(Text(done, "target")).Length, done.GetProperty("targetLength").GetInt64());
        Assert.Matches("^[0-9a-f]{64}$", Text(done, "options"));
        Assert.True(done.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(UpscaleErrorId.FormatNotSupported, Text(lines.Single(l => l.TryGetProperty("errorId", out _)), "errorId"));
    }

    [Fact]
    public async Task A_run_that_is_started_again_does_nothing_that_is_done()
    {
        string[] sources = [await WriteAsync("in", "a.png"), await WriteAsync("in", "b.png")];
        Assert.Equal([UpscaleState.Done, UpscaleState.Done], States(await RunAsync(sources)));
        DateTime[] written = [.. Targets().Select(File.GetLastWriteTimeUtc)];
        byte[] journal = File.ReadAllBytes(JournalPath);
        Assert.Equal([UpscaleState.Skipped, UpscaleState.Skipped], States(await RunAsync(sources)));
        Assert.Equal(written, Targets().Select(File.GetLastWriteTimeUtc));
        Assert.Equal(journal, File.ReadAllBytes(JournalPath));
    }

    [Fact]
    public async Task Only_what_is_missing_failed_or_changed_is_done_again()
    {
        string same = await WriteAsync("in", "1 same.png"), touched = await WriteAsync("in", "2 touched.png"), missing = await WriteAsync("in", "3 missing.png");
        string changed = await WriteAsync("in", "4 changed.png"), failed = _folder.Touch("in", "5 failed.png");
        string[] sources = [same, touched, missing, changed, failed];
        Assert.Equal([UpscaleState.Done, UpscaleState.Done, UpscaleState.Done, UpscaleState.Done, null], States(await RunAsync(sources)));

        File.SetLastWriteTimeUtc(touched, DateTime.UtcNow.AddMinutes(1));
        File.Delete(_folder.File("out", "3 missing_2x.png"));
        await WriteAsync(Picture.Random(new ImageShape(8, 6, 3), 5), "in", "4 changed.png");
        await WriteAsync("in", "5 failed.png");
        byte[] before = File.ReadAllBytes(_folder.File("out", "4 changed_2x.png"));

        Assert.Equal([UpscaleState.Skipped, UpscaleState.Skipped, UpscaleState.Done, UpscaleState.Done, UpscaleState.Done], States(await RunAsync(sources)));
        Assert.NotEqual(before, File.ReadAllBytes(_folder.File("out", "4 changed_2x.png")));
        Assert.All(States(await RunAsync(sources)), s => Assert.Equal(UpscaleState.Skipped, s));
    }

    [Fact]
    public async Task A_source_that_changes_within_its_length_and_time_apart_is_done_again()
    {
        string source = await WriteAsync("in", "a.bmp.png");
        byte[] content = File.ReadAllBytes(source);
        await RunAsync([source]);
        // A byte of a chunk that is not looked at would do; the time alone tells that the content must be read.
        File.WriteAllBytes(source, content);
        Assert.Equal([UpscaleState.Skipped], States(await RunAsync([source])));
        await WriteAsync(Picture.Sample(new ImageShape(8, 6, 3), 2), "in", "a.bmp.png");
        Assert.Equal([UpscaleState.Done], States(await RunAsync([source])));
    }

    [Fact]
    public async Task Other_options_make_the_result_again_in_its_place()
    {
        string source = await WriteAsync("in", "a.png");
        await RunAsync([source]);
        byte[] before = File.ReadAllBytes(_folder.File("out", "a_2x.png"));
        Assert.Equal([UpscaleState.Done], States(await RunAsync([source], r => r with { Stages = [StageSpec.Parse("interpolation:kernel=bicubic,scale=2")] })));
        Assert.NotEqual(before, File.ReadAllBytes(_folder.File("out", "a_2x.png")));
    }

    [Fact]
    public async Task A_result_that_somebody_changed_is_not_replaced_unasked()
    {
        string source = await WriteAsync("in", "a.png");
        await RunAsync([source]);
        File.WriteAllText(_folder.File("out", "a_2x.png"), "edited");
        UpscaleOutcome outcome = Assert.Single(await RunAsync([source]));
        Assert.Equal(UpscaleErrorId.TargetExists, Assert.IsType<UpscaleException>(outcome.Error).ErrorId);
        Assert.Equal("edited", File.ReadAllText(_folder.File("out", "a_2x.png")));
    }

    [Fact]
    public async Task What_was_being_made_when_the_run_was_cut_off_is_made_again_in_its_place()
    {
        string source = await WriteAsync("in", "a.png");
        await RunAsync([source]);
        string[] lines = File.ReadAllLines(JournalPath);
        Assert.Equal(3, lines.Length);
        File.WriteAllLines(JournalPath, lines[..2]);
        Assert.Equal([UpscaleState.Done], States(await RunAsync([source])));
    }

    [Fact]
    public async Task A_renamed_result_keeps_its_name()
    {
        string source = await WriteAsync("in", "a.png");
        _folder.Touch("out", "a_2x.png");
        UpscaleRequest Rename(UpscaleRequest r) => r with { Existing = ExistingTarget.Rename };
        for (int run = 0; run < 3; run++)
        {
            UpscaleOutcome outcome = Assert.Single(await RunAsync([source], Rename));
            Assert.Equal(_folder.File("out", "a_2x-2.png"), outcome.Result!.Path);
            Assert.Equal(run == 1 ? UpscaleState.Skipped : UpscaleState.Done, outcome.Result.State);
            if (run == 1)
                await WriteAsync(Picture.Random(new ImageShape(8, 6, 3), 5), "in", "a.png");
        }

        Assert.Equal(2, Targets().Length);
    }

    [Fact]
    public async Task Results_beside_their_sources_are_no_sources_of_the_next_run()
    {
        string source = await WriteAsync("in", "a.png");
        UpscaleRequest Beside(UpscaleRequest r) => r with { Destination = null, NameFormat = "{name}_{index}" };
        await RunAsync([source], Beside);
        string[] sources = [.. Directory.EnumerateFiles(_folder.File("in")).Order(StringComparer.Ordinal), await WriteAsync("in", "b.png")];
        Assert.Equal(["a.png", "a_1.png", "b.png"], sources.Select(s => Path.GetFileName(s)));
        UpscaleOutcome[] outcomes = await RunAsync(sources, Beside);
        Assert.Equal([UpscaleState.Skipped, UpscaleState.Done], States(outcomes));
        Assert.Equal("b_2.png", Path.GetFileName(outcomes[1].Result!.Path));
    }

    [Fact]
    public async Task The_date_in_names_is_that_of_the_first_run()
    {
        string source = await WriteAsync("in", "a.png");
        UpscaleRequest Dated(UpscaleRequest r) => r with { NameFormat = "{name} {date:yyyyMMdd}" };
        using (var journal = RunJournal.Open(JournalPath, new Day(1)))
            Assert.Equal([UpscaleState.Done], States(await RunAsync([source], Dated, journal)));
        using (var journal = RunJournal.Open(JournalPath, new Day(2)))
            Assert.Equal([UpscaleState.Skipped], States(await RunAsync([source], Dated, journal)));
        Assert.Equal(["a 20260301.png"], Targets().Select(t => Path.GetFileName(t)));
    }

    [Fact]
    public async Task A_cancelled_picture_is_recorded_as_such()
    {
        string source = await WriteAsync("in", "a.png");
        using (var journal = RunJournal.Open(JournalPath, TimeProvider.System))
        {
            var started = new TaskCompletionSource();
            await using var batch = new UpscaleBatch(_engine, 1, e => _ = e is PictureStarted && started.TrySetResult(), default) { Journal = journal };
            batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = source, Stages = [new StageSpec("stuck")] }));
            await started.Task;
            while (!File.ReadAllText(Copy()).Contains("Started", StringComparison.Ordinal))
                await Task.Delay(10);
        }

        Assert.Contains("\"state\":\"Cancelled\"", File.ReadLines(JournalPath).Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_is_cut_off_anywhere_is_repaired_and_keeps_its_whole_lines()
    {
        await RunAsync([await WriteAsync("in", "a.png"), _folder.Touch("in", "b.png")]);
        byte[] whole = File.ReadAllBytes(JournalPath);
        int[] ends = [.. whole.Index().Where(b => b.Item == '\n').Select(b => b.Index + 1)];
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(JournalPath, whole[..length]);
            using (var read = RunJournal.Read(JournalPath, TimeProvider.System))
                Assert.Equal(0, read.UnreadableLines);
            Assert.Equal(length, new FileInfo(JournalPath).Length);
            using (var opened = RunJournal.Open(JournalPath, TimeProvider.System))
                Assert.Equal(0, opened.UnreadableLines);
            int kept = ends.LastOrDefault(e => e <= length);
            if (kept > 0)
                Assert.Equal(whole[..kept], File.ReadAllBytes(JournalPath));
            else
                Assert.Single(File.ReadAllLines(JournalPath));
        }
    }

    [Fact]
    public async Task Damaged_lines_are_counted_and_the_rest_is_known()
    {
        string[] sources = [await WriteAsync("in", "a.png"), await WriteAsync("in", "b.png")];
        await RunAsync(sources);
        string[] lines = File.ReadAllLines(JournalPath);
        int at = Array.FindIndex(lines, l => l.Contains("a.png", StringComparison.Ordinal) && l.Contains("Done", StringComparison.Ordinal));
        lines[at] = new string('\0', 40);
        File.WriteAllLines(JournalPath, lines);
        using var journal = RunJournal.Open(JournalPath, TimeProvider.System);
        Assert.Equal(1, journal.UnreadableLines);
        Assert.Equal([UpscaleState.Done, UpscaleState.Skipped], States(await RunAsync(sources, null, journal)));
    }

    [Theory]
    [InlineData("precious\n")]
    [InlineData("precious")]
    [InlineData("{\"other\":1}\n")]
    [InlineData("{\"upscaleJournal\":9,\"begun\":\"2026-01-01T00:00:00+00:00\"}\n")]
    [InlineData("{\"upscaleJournal\":x}\n")]
    [InlineData("{\n")]
    [InlineData("\n")]
    public void Another_file_is_not_taken_for_a_journal_and_stays_as_it_is(string content)
    {
        File.WriteAllText(JournalPath, content);
        foreach (Func<string, TimeProvider, RunJournal> open in new[] { RunJournal.Open, RunJournal.Read })
        {
            var error = Assert.Throws<UpscaleException>(() => open(JournalPath, TimeProvider.System));
            Assert.Equal(UpscaleErrorId.JournalInvalid, error.ErrorId);
            Assert.Contains(JournalPath, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(content, File.ReadAllText(JournalPath));
    }

    [Fact]
    public void Two_runs_on_one_journal_are_refused()
    {
        using (RunJournal.Open(JournalPath, TimeProvider.System))
        {
            var error = Assert.Throws<UpscaleException>(() => RunJournal.Open(JournalPath, TimeProvider.System));
            Assert.Equal(UpscaleErrorId.JournalInUse, error.ErrorId);
            Assert.Contains(JournalPath, error.Message, StringComparison.Ordinal);
        }

        RunJournal.Open(JournalPath, TimeProvider.System).Dispose();
    }

    [Fact]
    public async Task A_journal_that_is_only_read_is_neither_made_nor_changed()
    {
        using (var none = RunJournal.Read(_folder.File("sub", "none.jsonl"), TimeProvider.System))
            Assert.Equal([UpscaleState.Done], States(await RunAsync([await WriteAsync("in", "a.png")], null, none)));
        Assert.False(File.Exists(_folder.File("sub", "none.jsonl")));
    }

    [Fact]
    public void A_journal_in_a_folder_that_cannot_be_made_is_an_error_with_its_name()
    {
        string path = Path.Combine(_folder.Touch("file"), "run.jsonl");
        var error = Assert.Throws<UpscaleException>(() => RunJournal.Open(path, TimeProvider.System));
        Assert.Equal(UpscaleErrorId.FileWriteFailed, error.ErrorId);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hash_of_the_options_changes_with_everything_that_changes_the_picture_and_with_nothing_else()
    {
        string[] without =
        [
            nameof(UpscaleRequest.Source), nameof(UpscaleRequest.Destination), nameof(UpscaleRequest.RelativeFolder), nameof(UpscaleRequest.RelativeTo), nameof(UpscaleRequest.NameFormat), nameof(UpscaleRequest.BaseFolder),
            nameof(UpscaleRequest.Existing), nameof(UpscaleRequest.Device), nameof(UpscaleRequest.Engine), nameof(UpscaleRequest.Tile), nameof(UpscaleRequest.TimeLimit), nameof(UpscaleRequest.StageTimeout), nameof(UpscaleRequest.StageCache), nameof(UpscaleRequest.StageCacheSize),
            // What the plan says of these counts.
            nameof(UpscaleRequest.Pipeline), nameof(UpscaleRequest.Stages), nameof(UpscaleRequest.Model), nameof(UpscaleRequest.Options), nameof(UpscaleRequest.Scale), nameof(UpscaleRequest.Width), nameof(UpscaleRequest.Height),
        ];
        UpscalePlan plan = await PlanAsync("interpolation:scale=2");
        string hash = await _engine.FingerprintAsync(plan, default);
        Assert.Equal(hash, await _engine.FingerprintAsync(await PlanAsync("interpolation:SCALE=2.0"), default));
        foreach (PropertyInfo property in typeof(UpscaleRequest).GetProperties().Where(p => p.CanWrite && p.PropertyType != typeof(IReadOnlyList<StageSpec>) && p.PropertyType != typeof(IReadOnlyDictionary<string, object>)))
        {
            UpscaleRequest altered = plan.Request with { };
            property.SetValue(altered, Other(property.PropertyType, property.GetValue(altered)));
            string other = await _engine.FingerprintAsync(plan with { Request = altered }, default);
            Assert.True(other == hash == without.Contains(property.Name), $"{property.Name} was changed, and the hash {(other == hash ? "was not" : "was")}.");
        }

        string[] stages = ["interpolation:scale=3", "interpolation:kernel=box,scale=2", "interpolation:scale=4;interpolation:scale=0.5", "same;interpolation:scale=2"];
        Assert.DoesNotContain(hash, await Task.WhenAll(stages.Select(async s => await _engine.FingerprintAsync(await PlanAsync(s), default))));
    }

    [Fact]
    public async Task The_hash_of_the_options_changes_with_the_networks_and_with_the_files_that_options_name()
    {
        string Model(string id) => Path.Combine(TestData.Root, "models", id, "model.onnx");
        File.Copy(Model("anime4k-cnn-2x-l-an"), _folder.File("mine.onnx"));
        File.WriteAllText(_folder.File("mask.png"), "1");
        string stages = $"gan:model={_folder.File("mine.onnx")};same:mask={_folder.File("mask.png")}";
        string first = await _engine.FingerprintAsync(await PlanAsync(stages), default);
        Assert.Equal(first, await _engine.FingerprintAsync(await PlanAsync(stages), default));
        File.WriteAllText(_folder.File("mask.png"), "12");
        string second = await _engine.FingerprintAsync(await PlanAsync(stages), default);
        File.Copy(Model("realesr-general-x4v3"), _folder.File("mine.onnx"), overwrite: true);
        string third = await _engine.FingerprintAsync(await PlanAsync(stages), default);
        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());
    }

    private static object Other(Type type, object? value)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum ? Enum.GetValues(type).Cast<object>().First(v => !v.Equals(value ?? Enum.GetValues(type).GetValue(0)))
            : type == typeof(string) ? value + "x"
            : type == typeof(bool) ? !(bool)value!
            : type == typeof(TimeSpan) ? TimeSpan.FromSeconds(77)
            : type == typeof(UpscalePipeline) ? new UpscalePipeline { Name = "other", Stages = [new StageSpec("gan")] }
            : type == typeof(RgbColour) ? new RgbColour(1, 2, 3)
            : Convert.ChangeType(77, type, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static UpscaleState?[] States(UpscaleOutcome[] outcomes) => [.. outcomes.Select(o => o.Result?.State)];

    private static string Text(JsonElement line, string property) => line.GetProperty(property).GetString()!;

    private string[] Targets() => [.. Directory.EnumerateFiles(_folder.File("out")).Order(StringComparer.Ordinal)];

    /// <summary>An open journal is locked against other readers of this runtime; a copy is not.</summary>
    private string Copy()
    {
        string copy = _folder.File("copy.jsonl");
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(OperatingSystem.IsWindows() ? "cmd" : "cp", OperatingSystem.IsWindows() ? ["/c", "copy", JournalPath, copy] : [JournalPath, copy]);
        process.WaitForExit();
        return copy;
    }

    private async Task<UpscalePlan> PlanAsync(string stages)
        => await _engine.PlanAsync(new UpscaleRequest { Source = await WriteAsync("plan.png"), Stages = [.. stages.Split(';').Select(StageSpec.Parse)], NameFormat = "{name}-x" }, default);

    private async Task<UpscaleOutcome[]> RunAsync(string[] sources, Func<UpscaleRequest, UpscaleRequest>? change = null, RunJournal? journal = null)
    {
        using RunJournal? own = journal is null ? RunJournal.Open(JournalPath, TimeProvider.System) : null;
        IEnumerable<UpscaleRequest> requests = sources.Select(s => new UpscaleRequest { Source = s, Destination = _folder.File("out"), Stages = [StageSpec.Parse("interpolation:kernel=box,scale=2")] });
        return await BatchRun.RunAsync(_engine, requests.Select(r => change?.Invoke(r) ?? r), journal ?? own);
    }

    private Task<string> WriteAsync(params string[] name) => WriteAsync(Picture.Sample(new ImageShape(8, 6, 3)), name);

    private async Task<string> WriteAsync(Picture picture, params string[] name)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.Png, Force = true }, picture.Source(), null, ImageMetadata.None, default);
        return path;
    }

    private sealed class Day(int day) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, day, 12, 0, 0, TimeSpan.Zero);
    }
}
