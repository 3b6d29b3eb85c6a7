using System.Diagnostics;
using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

/// <summary>Runs over many pictures: what exists already, several results a picture, journal and resume, trouble with disks.</summary>
public sealed class BatchTests : IDisposable
{
    private static readonly string[] s_quick = ["--stage", "interpolation:kernel=bilinear", "--scale", "2"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_exists_is_skipped_when_asked_and_told()
    {
        _folder.Picture("cat.png");
        File.WriteAllText(_folder.At("cat_2x.png"), "precious");

        CommandLine.Ended told = await RunAsync("cat.png", "--existing", "skip");
        CommandLine.Ended json = await RunAsync("cat.png", "--existing", "skip", "--json");

        Assert.Equal((0, ""), (told.Code, told.Errors));
        Assert.StartsWith("cat.png -> cat_2x.png  skipped: ", Assert.Single(told.Lines), StringComparison.Ordinal);
        Assert.Equal("Skipped", Assert.Single(json.Objects).GetProperty("state").GetString());
        Assert.Equal("precious", File.ReadAllText(_folder.At("cat_2x.png")));
    }

    [Fact]
    public async Task What_exists_is_replaced_or_left_beside_a_new_name_when_asked()
    {
        _folder.Picture("cat.png");
        File.WriteAllText(_folder.At("cat_2x.png"), "old");

        CommandLine.Ended renamed = await RunAsync("cat.png", "--existing", "rename");
        Assert.Equal((0, "old"), (renamed.Code, File.ReadAllText(_folder.At("cat_2x.png"))));
        Assert.True(_folder.Has("cat_2x-2.png"));

        CommandLine.Ended replaced = await RunAsync("cat.png", "--existing", "Replace", "--force");
        Assert.Equal(0, replaced.Code);
        Assert.NotEqual("old", File.ReadAllText(_folder.At("cat_2x.png")));
    }

    [Fact]
    public async Task Force_and_another_policy_contradict_each_other()
    {
        _folder.Picture("cat.png");
        CommandLine.Ended ended = await RunAsync("cat.png", "--force", "--existing", "skip");
        Assert.Equal(1, ended.Code);
        Assert.EndsWith("[OptionInvalid]\n", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["cat.png"], _folder.Files);
    }

    [Fact]
    public async Task Several_scales_and_networks_make_every_combination()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an,waifu2x-cunet-noise1", "--scale", "2,1.5", "--json");

        Assert.Equal(0, ended.Code);
        Assert.Equal(
            ["cat_2x_anime4k-cnn-2x-l-an.png", "cat_1.5x_anime4k-cnn-2x-l-an.png", "cat_2x_waifu2x-cunet-noise1.png", "cat_1.5x_waifu2x-cunet-noise1.png"],
            ended.Objects.Select(o => Path.GetFileName(o.GetProperty("path").GetString())));
    }

    [Theory]
    [InlineData("2,x")]
    [InlineData("2,")]
    public async Task A_list_of_scales_that_is_none_is_wrong_usage(string scales)
    {
        _folder.Picture("cat.png");
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--stage", "interpolation", "--scale", scales);
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains("--scale takes numbers", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_run_twice_with_its_results_inside_does_not_enlarge_them_again()
    {
        _folder.Picture("in", "a.png");
        _folder.Picture("in", "sub", "a.png");
        string[] run = ["in", "--recurse", "-o", Path.Combine("in", "out"), "--existing", "skip"];

        Assert.Equal(2, (await RunAsync(run)).Lines.Length);
        CommandLine.Ended again = await RunAsync(run);

        Assert.Equal((0, 2), (again.Code, again.Lines.Length));
        Assert.All(again.Lines, line => Assert.Contains("  skipped: ", line, StringComparison.Ordinal));
        Assert.Equal(["in/a.png", "in/out/a_2x.png", "in/out/sub/a_2x.png", "in/sub/a.png"], _folder.Files);
    }

    [Fact]
    public async Task One_corrupt_picture_of_ten_costs_one_result()
    {
        for (int i = 0; i < 10; i++)
            _folder.Picture("in", $"{i}.png");
        byte[] whole = File.ReadAllBytes(_folder.At("in", "4.png"));
        File.WriteAllBytes(_folder.At("in", "4.png"), whole[..(whole.Length / 2)]);

        CommandLine.Ended ended = await RunAsync("in", "-o", "out", "--json", "--journal", "run.jsonl", "--report", "report.html");

        Assert.Equal((2, 10, 9), (ended.Code, ended.Objects.Length, Directory.GetFiles(_folder.At("out")).Length));
        JsonElement failure = Assert.Single(ended.Objects, o => !o.GetProperty("ok").GetBoolean());
        Assert.Equal((_folder.At("in", "4.png"), "ImageCorrupt"), (failure.GetProperty("source").GetString(), failure.GetProperty("errorId").GetString()));
        Assert.Equal(["Failed"], Journal().Where(l => l.Source == "4.png").Select(l => l.State).Except(["Started"]));
        Assert.Contains("10 pictures: 9 done, 1 failed, 0 skipped", File.ReadAllText(_folder.At("report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_started_again_with_its_journal_does_the_rest()
    {
        _folder.Picture("in", "a.png");
        _folder.Broken("in", "b.png");
        CommandLine.Ended first = await RunAsync("in", "--journal", "logs/run.jsonl", "--json");
        File.Delete(_folder.At("in", "b.png"));
        _folder.Picture("in", "b.png");
        CommandLine.Ended second = await RunAsync("in", "--journal", "logs/run.jsonl", "--json");
        CommandLine.Ended third = await RunAsync("in", "--journal", "logs/run.jsonl", "--json");

        Assert.Equal((2, 0, 0), (first.Code, second.Code, third.Code));
        Assert.Equal(["a.png Skipped", "b.png Done"], second.Objects.Select(Told));
        Assert.Equal(["a.png Skipped", "b.png Skipped"], third.Objects.Select(Told));
        Assert.Equal(["in/a.png", "in/a_2x.png", "in/b.png", "in/b_2x.png", "logs/run.jsonl"], _folder.Files);
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] pictures = ["astronaut", "chelsea", "coffee", "hubble", "rocket"];
        for (int i = 0; i < 12; i++)
        {
            Directory.CreateDirectory(_folder.At("in"));
            File.Copy(TestData.Image("x2", $"{pictures[i % 5]}.png"), _folder.At("in", $"{i:00}.png"));
        }

        string[] run = ["run", "in", "--model", "anime4k-cnn-2x-l-an", "--json"];
        Assert.Equal(0, (await CommandLine.RunAsync(_folder.Root, [.. run, "-o", "whole"])).Code);
        Dictionary<string, byte[]> whole = Directory.GetFiles(_folder.At("whole")).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        Assert.Equal(12, whole.Count);

        string[] resumable = [.. run, "-o", "out", "--journal", "run.jsonl"];
        var settled = new Dictionary<string, DateTime>();
        var random = new Random(5);
        for (int kill = 0; kill < 6; kill++)
        {
            // At the first sign of work, at the next results, or some time after.
            int enough = Results().Length + (kill / 2);
            using Process process = CommandLine.Start(_folder.Root, resumable);
            Task<CommandLine.Ended> end = CommandLine.EndAsync(process);
            while (!end.IsCompleted && !(kill % 2 == 0 ? Results().Length > enough : Parts().Length > 0))
                await Task.Delay(2);
            await Task.Delay(random.Next(40));
            process.Kill();
            await end;

            Assert.All(Results(), file => Assert.Equal(whole[Path.GetFileName(file)], File.ReadAllBytes(file)));
            foreach ((string file, DateTime time) in settled)
                Assert.Equal(time, File.GetLastWriteTimeUtc(file));
            foreach (string file in Journal().Where(l => l.State == "Done").Select(l => _folder.At("out", Path.GetFileNameWithoutExtension(l.Source) + "_2x.png")))
                settled[file] = File.GetLastWriteTimeUtc(file);
        }

        CommandLine.Ended last = await CommandLine.RunAsync(_folder.Root, resumable);
        Assert.Equal((0, ""), (last.Code, last.Errors));
        Assert.Equal(12, last.Objects.Length);
        Assert.Equal(settled.Count, last.Objects.Count(o => o.GetProperty("state").GetString() == "Skipped"));
        Assert.NotEmpty(settled);
        foreach ((string file, DateTime time) in settled)
            Assert.Equal(time, File.GetLastWriteTimeUtc(file));
        Assert.Empty(Parts());
        Assert.Equal(whole.Keys.Order(), Results().Select(f => Path.GetFileName(f)).Order());
        Assert.All(Results(), file => Assert.Equal(whole[Path.GetFileName(file)], File.ReadAllBytes(file)));
        Assert.All(Journal().Where(l => l.State == "Done").GroupBy(l => l.Source), g => Assert.Single(g));

        string[] Results() => Files("??_2x.png");

        string[] Parts() => Files(".upscale-*");

        string[] Files(string pattern) => Directory.Exists(_folder.At("out")) ? Directory.GetFiles(_folder.At("out"), pattern) : [];
    }

    [Fact]
    public async Task A_second_run_with_a_journal_in_use_is_refused_and_the_first_goes_on()
    {
        File.Copy(TestData.Image("truth", "astronaut.png"), _folder.At("big.png"));
        _folder.Picture("cat.png");
        using Process first = CommandLine.Start(_folder.Root, "run", "big.png", "--model", "realesrgan-x4plus", "--journal", "run.jsonl");
        Task<CommandLine.Ended> end = CommandLine.EndAsync(first);
        while (!_folder.Has("run.jsonl") && !end.IsCompleted)
            await Task.Delay(10);

        CommandLine.Ended second = await RunAsync("cat.png", "--journal", "run.jsonl");

        Assert.False(end.IsCompleted);
        first.Kill();
        await end;
        Assert.Equal((1, ""), (second.Code, second.Output));
        Assert.Contains(_folder.At("run.jsonl"), second.Errors, StringComparison.Ordinal);
        Assert.EndsWith("[JournalInUse]\n", second.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("cat.png", "--journal", "run.jsonl")).Code);
    }

    [Fact]
    public async Task A_journal_that_is_another_file_is_refused_before_any_work()
    {
        _folder.Picture("cat.png");
        byte[] before = File.ReadAllBytes(_folder.At("cat.png"));
        CommandLine.Ended ended = await RunAsync("cat.png", "--journal", "cat.png");
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.EndsWith("[JournalInvalid]\n", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder.At("cat.png")));
        Assert.Equal(["cat.png"], _folder.Files);
    }

    [Fact]
    public async Task A_signal_leaves_a_report_of_what_is_known_so_far()
    {
        if (OperatingSystem.IsWindows())
            return;
        _folder.Picture("1.png");
        File.Copy(TestData.Image("truth", "astronaut.png"), _folder.At("2.png"));
        using Process process = CommandLine.Start(_folder.Root, "run", "1.png", "2.png", "--model", "realesrgan-x4plus", "--throttle", "1", "--report", "report.html", "--journal", "run.jsonl");
        Task<CommandLine.Ended> end = CommandLine.EndAsync(process);
        while (!_folder.Has("1_4x.png") && !end.IsCompleted)
            await Task.Delay(20);
        using Process kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await kill.WaitForExitAsync();

        Assert.Equal(130, (await end).Code);
        string page = File.ReadAllText(_folder.At("report.html"));
        Assert.Contains("1 picture: 1 done, 0 failed, 0 skipped", page, StringComparison.Ordinal);
        Assert.Contains("ended early", page, StringComparison.Ordinal);
        Assert.Equal(["1.png", "1_4x.png", "2.png", "report.html", "run.jsonl"], _folder.Files);
    }

    [Fact]
    public async Task A_full_disk_costs_the_picture_that_does_not_fit_and_leaves_nothing_of_it()
    {
        if (OperatingSystem.IsWindows())
            return;
        _folder.Picture("1.png");
        File.Copy(TestData.Image("truth", "astronaut.png"), _folder.At("2.png"));
        _folder.Picture("3.png");

        using Process process = CommandLine.StartLimited(_folder.Root, 100, ["run", "1.png", "2.png", "3.png", "-o", "out", "--format", "jpeg", "--json", "--journal", "run.jsonl", .. s_quick]);
        CommandLine.Ended ended = await CommandLine.EndAsync(process);

        Assert.Equal(2, ended.Code);
        Assert.Equal([null, "FileWriteFailed", null], ended.Objects.Select(o => o.TryGetProperty("errorId", out JsonElement id) ? id.GetString() : null));
        Assert.Contains(_folder.At("out", "2_2x.jpg"), ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["out/1_2x.jpg", "out/3_2x.jpg"], _folder.Files.Where(f => f.StartsWith("out/", StringComparison.Ordinal)));
        Assert.Equal(["1.png Done", "2.png Failed", "3.png Done"], Journal().Where(l => l.State != "Started").Select(l => $"{l.Source} {l.State}").Order());
    }

    [Fact]
    public async Task A_journal_that_there_is_no_room_for_is_told()
    {
        if (OperatingSystem.IsWindows())
            return;
        _folder.Picture("cat.png");
        _folder.Picture("dog.png");
        string[] run = ["--stage", "interpolation", "--width", "4", "--json", "--journal"];

        using Process none = CommandLine.StartLimited(_folder.Root, 0, ["run", "cat.png", .. run, "none.jsonl"]);
        CommandLine.Ended refused = await CommandLine.EndAsync(none);

        // There is room for the line that the work begins, and none for the line that it is done. Empty lines say nothing.
        const int Limit = 16, Room = 800;
        await CommandLine.RunAsync(_folder.Root, ["run", "dog.png", .. run, "little.jsonl"]);
        File.AppendAllText(_folder.At("little.jsonl"), new string('\n', (Limit * 1024) - Room - (int)new FileInfo(_folder.At("little.jsonl")).Length));
        run = ["run", "cat.png", .. run];
        using Process little = CommandLine.StartLimited(_folder.Root, Limit, [.. run, "little.jsonl"]);
        CommandLine.Ended warned = await CommandLine.EndAsync(little);

        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.EndsWith("[FileWriteFailed]\n", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, warned.Code);
        Assert.Contains(Assert.Single(warned.Objects).GetProperty("warnings").EnumerateArray(), w => w.GetString()!.Contains(_folder.At("little.jsonl"), StringComparison.Ordinal));

        // What could not be written down is made again, and nothing else is in its way.
        CommandLine.Ended again = await CommandLine.RunAsync(_folder.Root, [.. run, "little.jsonl"]);
        Assert.Equal((0, "Done"), (again.Code, Assert.Single(again.Objects).GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_folder_that_nobody_can_write_to_is_an_error_with_its_name()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _folder.Picture("cat.png");
        CommandLine.Ended ended = await RunAsync("cat.png", "-o", "/sys/kernel", "--journal", "run.jsonl");
        Assert.Equal((2, ""), (ended.Code, ended.Output));
        Assert.Contains("/sys/kernel/cat_2x.png", ended.Errors, StringComparison.Ordinal);
        Assert.EndsWith("[FileWriteFailed]\n", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hundred_mixed_pictures_take_no_more_memory_than_the_first_fifty()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _folder.Picture("cat.png");
        foreach (string format in new[] { "png", "jpeg", "webp", "tiff" })
        {
            CommandLine.Ended made = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "-o", "kinds", "--stage", "interpolation", "--scale", "0.37,1,1.9", "--format", format, "--name", "{scale}");
            Assert.Equal(0, made.Code);
        }

        string[] kinds = [.. Directory.GetFiles(_folder.At("kinds")).Order(StringComparer.Ordinal)];
        Assert.Equal(12, kinds.Length);
        Directory.CreateDirectory(_folder.At("in"));
        for (int i = 0; i < 200; i++)
            File.Copy(kinds[i * 7 % 12], _folder.At("in", $"{i:000}{Path.GetExtension(kinds[i * 7 % 12])}"));

        using Process process = CommandLine.Start(
            _folder.Root, "run", "in", "-o", "out", "--stage", "gan:model=anime4k-cnn-2x-l-an", "--stage", "interpolation:scale=0.75", "--json", "--journal", "run.jsonl", "--report", "report.html");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var resident = new List<long>();
        while (await process.StandardOutput.ReadLineAsync() is not null)
        {
            if (Kilobytes(process, "VmRSS") is { } now)
                resident.Add(now);
        }

        await process.WaitForExitAsync();
        Assert.Equal((0, ""), (process.ExitCode, await errors));
        Assert.InRange(resident.Count, 190, 200);
        long first = resident.Take(50).Max(), rest = resident.Skip(50).Max();
        Assert.True(rest < (first * 1.1) + 16_384, $"{first} kB at most in the first 50 pictures, {rest} kB after them.");
    }

    [Fact]
    public async Task A_picture_of_8000_by_8000_pixels_takes_little_memory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _folder.Picture("cat.png");
        CommandLine.Ended made = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "-o", ".", "--stage", "interpolation:kernel=nearest,width=8000,height=8000", "--format", "tiff", "--compression", "none", "--name", "large");
        Assert.Equal((0, ""), (made.Code, made.Errors));

        // The first cuts tiles for a network, the second makes 256 million pixels.
        foreach (string[] stages in new string[][] { ["--stage", "resize:megapixels=4", "--stage", "gan:model=anime4k-cnn-2x-l-an"], ["--stage", "interpolation", "--scale", "2"] })
        {
            using Process process = CommandLine.Start(_folder.Root, ["run", "large.tif", "-o", "out", "--format", "tiff", "--compression", "none", "--existing", "replace", .. stages]);
            Task<CommandLine.Ended> ending = CommandLine.EndAsync(process);
            long peak = 0;
            while (!ending.IsCompleted)
            {
                peak = Math.Max(peak, Kilobytes(process, "VmHWM") ?? 0);
                await Task.WhenAny(ending, Task.Delay(20));
            }

            CommandLine.Ended ended = await ending;
            Assert.Equal((0, ""), (ended.Code, ended.Errors));
            Assert.InRange(peak, 10_000, 500_000);
        }
    }

    [Fact]
    public async Task A_picture_has_the_same_bytes_alone_and_among_others()
    {
        _folder.Picture("a.png");
        _folder.Picture("b.png");
        File.Copy(TestData.Image("x2", "rocket.png"), _folder.At("c.png"));
        string[] how = ["--scale", "3", "--format", "webp", "--quality", "80"];
        Assert.Equal(0, (await CommandLine.RunAsync(_folder.Root, ["run", "a.png", "b.png", "c.png", "-o", "together", "--throttle", "3", .. how])).Code);
        foreach (string name in new[] { "a", "b", "c" })
        {
            Assert.Equal(0, (await CommandLine.RunAsync(_folder.Root, ["run", $"{name}.png", "-o", "alone", .. how])).Code);
            Assert.Equal(File.ReadAllBytes(_folder.At("alone", $"{name}_3x.webp")), File.ReadAllBytes(_folder.At("together", $"{name}_3x.webp")));
        }
    }

    private static long? Kilobytes(Process process, string what)
    {
        try
        {
            string status = File.ReadAllText($"/proc/{process.Id}/status");
            return System.Text.RegularExpressions.Regex.Match(status, $@"{what}:\s+(\d+) kB") is { Success: true } match
                ? long.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
                : null;
        }
        catch (IOException)
        {
            // It has ended; what it wrote last may still be read.
            return null;
        }
    }

    private static string Told(JsonElement line) => $"{Path.GetFileName(line.GetProperty("source").GetString())} {line.GetProperty("state").GetString()}";

    /// <summary>File name and state of every line but the first.</summary>
    private (string Source, string State)[] Journal()
    {
        JsonElement[] lines = [.. File.ReadLines(_folder.At("run.jsonl")).Select(l => Whole(l)).OfType<JsonElement>().Skip(1)];
        return [.. lines.Select(l => (Path.GetFileName(l.GetProperty("source").GetString())!, l.GetProperty("state").GetString()!))];

        static JsonElement? Whole(string line)
        {
            try
            {
                return JsonDocument.Parse(line).RootElement;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    private Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(_folder.Root, ["run", .. arguments, .. s_quick]);
}
