using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class RunTests : IDisposable
{
    private static readonly string[] s_quick = ["--stage", "interpolation:kernel=bilinear", "--scale", "2"];

    // 250 bytes in UTF-8.
    private const string LongName = "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語a.b.png";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_picture_is_written_where_it_was_asked_for_and_told_in_a_line()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await RunAsync("cat.png", "-o", "out/deep");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        string line = Assert.Single(ended.Lines);
        Assert.StartsWith($"cat.png -> {Path.Combine("out", "deep", "cat_2x.png")}  ", line, StringComparison.Ordinal);
        Assert.Contains("  Cpu  ", line, StringComparison.Ordinal);
        Assert.True(_folder.Has("out", "deep", "cat_2x.png"));
    }

    [Fact]
    public async Task Without_a_folder_results_go_beside_their_sources()
    {
        _folder.Picture("a", "cat.png");

        CommandLine.Ended ended = await RunAsync(Path.Combine("a", "cat.png"));

        Assert.Equal(0, ended.Code);
        Assert.Equal(["a/cat.png", "a/cat_2x.png"], _folder.Files);
    }

    [Fact]
    public async Task The_default_stage_runs_a_network_by_id()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an", "--json");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement result = Assert.Single(ended.Objects);
        Assert.Equal("anime4k-cnn-2x-l-an", result.GetProperty("model").GetString());
        Assert.Equal(2, result.GetProperty("scale").GetDouble());
    }

    [Theory]
    [InlineData("Native")]
    [InlineData("OnnxRuntime")]
    public async Task The_engine_that_is_asked_for_is_told_with_the_device(string engine)
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an", "--engine", engine);
        CommandLine.Ended json = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an", "--engine", engine.ToLowerInvariant(), "--json", "--force");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Contains($"  Cpu ({engine})  ", Assert.Single(ended.Lines), StringComparison.Ordinal);
        Assert.Equal(engine, Assert.Single(json.Objects).GetProperty("engine").GetString());
    }

    [Fact]
    public async Task Json_has_one_object_a_picture_in_the_order_of_the_sources()
    {
        _folder.Picture("a.png");
        _folder.Broken("b.png");
        _folder.Picture("c.png");

        CommandLine.Ended ended = await RunAsync("c.png", "b.png", "a.png", "--json", "--seed", "-5");

        Assert.Equal(2, ended.Code);
        JsonElement[] objects = ended.Objects;
        Assert.Equal([true, false, true], objects.Select(o => o.GetProperty("ok").GetBoolean()));
        Assert.Equal(["c.png", "b.png", "a.png"], objects.Select(o => Path.GetFileName(o.GetProperty("source").GetString())));
        Assert.Equal(
            ["ok", "source", "state", "path", "width", "height", "frames", "scale", "pipeline", "stages", "model", "device", "engine", "elapsed", "tiles", "seed", "warnings"],
            objects[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Number, objects[0].GetProperty("elapsed").ValueKind);
        Assert.Equal(-5, objects[0].GetProperty("seed").GetInt64());
        Assert.True(Path.IsPathFullyQualified(objects[0].GetProperty("path").GetString()!));
        Assert.Equal(["ok", "source", "errorId", "message"], objects[1].EnumerateObject().Select(p => p.Name));
        Assert.Equal("FormatNotSupported", objects[1].GetProperty("errorId").GetString());
    }

    [Fact]
    public async Task A_bad_picture_is_named_on_standard_error_and_the_rest_go_on()
    {
        _folder.Broken("a.png");
        _folder.Picture("b.png");

        CommandLine.Ended ended = await RunAsync("a.png", "missing.png", "b.png");

        Assert.Equal(2, ended.Code);
        Assert.StartsWith("b.png -> ", Assert.Single(ended.Lines), StringComparison.Ordinal);
        string[] errors = ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, errors.Length);
        Assert.Matches(@"^upscale: a\.png: .+ \[FormatNotSupported\]$", errors[0]);
        Assert.Matches(@"^upscale: missing\.png: .+ \[FileNotFound\]$", errors[1]);
    }

    [Fact]
    public async Task Quiet_says_nothing_but_errors()
    {
        _folder.Picture("a.png");
        _folder.Broken("b.png");

        CommandLine.Ended ended = await RunAsync("a.png", "b.png", "--quiet");

        Assert.Equal((2, ""), (ended.Code, ended.Output));
        Assert.StartsWith("upscale: b.png: ", ended.Errors, StringComparison.Ordinal);
        Assert.True(_folder.Has("a_2x.png"));
    }

    [Fact]
    public async Task An_existing_result_is_an_error_unless_forced()
    {
        _folder.Picture("cat.png");
        File.WriteAllText(_folder.At("cat_2x.png"), "precious");

        CommandLine.Ended refused = await RunAsync("cat.png");

        Assert.Equal(2, refused.Code);
        Assert.Contains("[TargetExists]", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_folder.At("cat_2x.png")));

        CommandLine.Ended forced = await RunAsync("cat.png", "--force");

        Assert.Equal(0, forced.Code);
        Assert.NotEqual("precious", File.ReadAllText(_folder.At("cat_2x.png")));
    }

    [Fact]
    public async Task Two_sources_of_one_result_are_refused()
    {
        _folder.Picture("a", "cat.png");
        _folder.Picture("b", "cat.png");

        CommandLine.Ended ended = await RunAsync(Path.Combine("a", "cat.png"), Path.Combine("b", "cat.png"), "-o", "out");

        Assert.Equal(2, ended.Code);
        Assert.Single(ended.Lines);
        Assert.Contains("[TargetConflict]", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_searched_with_all_below_it_only_when_asked_and_its_tree_is_kept()
    {
        _folder.Picture("in", "a.png");
        _folder.Picture("in", "sub", "deep", "a.png");
        _folder.Broken("in", "notes.txt");

        CommandLine.Ended flat = await RunAsync("in", "-o", "flat");
        CommandLine.Ended tree = await RunAsync("in", "-o", "tree", "--recurse");

        Assert.Equal((0, 0), (flat.Code, tree.Code));
        Assert.Equal(
            ["flat/a_2x.png", "tree/a_2x.png", "tree/sub/deep/a_2x.png"],
            _folder.Files.Where(f => !f.StartsWith("in/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pictures_that_a_shell_named_keep_their_place_below_the_folder_that_is_told()
    {
        _folder.Picture("in", "a.png");
        _folder.Picture("in", "sub", "deep", "a.png");
        CommandLine.Ended ended = await RunAsync("in/a.png", "in/sub/deep/a.png", "-o", "out", "--relative-to", "in");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Equal(["out/a_2x.png", "out/sub/deep/a_2x.png"], _folder.Files.Where(f => f.StartsWith("out/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_path_of_more_than_260_characters_is_read_and_written()
    {
        string[] folders = [.. Enumerable.Repeat(new string('f', 100), 4)];
        string path = _folder.Picture([.. folders, "a.png"]);
        CommandLine.Ended ended = await RunAsync(path);
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.True(_folder.Has([.. folders, "a_2x.png"]));
    }

    [Theory]
    [InlineData("realesr-general-x4v3", 4)]
    [InlineData("waifu2x-upconv7-anime-scale2x", 2)]
    [InlineData("realcugan-se-up2x-conservative", 2)]
    public async Task One_pixel_and_odd_sizes_pass_a_network(string network, int scale)
    {
        _folder.Picture("a.png");
        await CommandLine.RunAsync(_folder.Root, "run", "a.png", "-o", ".", "--stage", "resize:width=1,height=1,mode=exact", "--name", "1x1");
        await CommandLine.RunAsync(_folder.Root, "run", "a.png", "-o", ".", "--stage", "resize:width=7,height=1013,mode=exact", "--name", "7x1013");
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "1x1.png", "7x1013.png", "--model", network, "--json");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Equal([(scale, scale), (7 * scale, 1013 * scale)], ended.Objects.Select(o => (o.GetProperty("width").GetInt32(), o.GetProperty("height").GetInt32())));
    }

    [Fact]
    public async Task Patterns_are_matched_where_no_shell_did_it()
    {
        _folder.Picture("a1.png");
        _folder.Picture("a2.png");
        _folder.Picture("b1.png");

        CommandLine.Ended ended = await RunAsync("a?.p*", "-o", "out");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Equal(["out/a1_2x.png", "out/a2_2x.png"], _folder.Files.Where(f => f.StartsWith("out/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("two words.png")]
    [InlineData("day [1].png")]
    [InlineData("[scale].png")]
    [InlineData("@list.png")]
    [InlineData("תמונה 図 é.png")]
    [InlineData("it's \"quoted\".png")]
    [InlineData(LongName)]
    public async Task A_file_may_have_any_name(string name)
    {
        _folder.Picture(name);

        CommandLine.Ended ended = await RunAsync(name);

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.StartsWith($"{name} -> {Path.GetFileNameWithoutExtension(name)}_2x.png", Assert.Single(ended.Lines), StringComparison.Ordinal);
        Assert.True(_folder.Has($"{Path.GetFileNameWithoutExtension(name)}_2x.png"));
    }

    [Fact]
    public async Task A_name_that_begins_with_a_dash_goes_after_two_dashes()
    {
        _folder.Picture("-o.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, ["run", .. s_quick, "--", "-o.png"]);

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.True(_folder.Has("-o_2x.png"));
    }

    [Fact]
    public async Task Repeated_stages_form_a_chain()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(
            _folder.Root, "run", "cat.png", "--stage", "interpolation:scale=3,kernel=box", "--stage", "interpolation:scale=0.5", "--json");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement result = Assert.Single(ended.Objects);
        Assert.Equal(1.5, result.GetProperty("scale").GetDouble(), 0.01);
        Assert.Equal(2, result.GetProperty("stages").GetArrayLength());
    }

    [Fact]
    public async Task Options_reach_the_result()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(
            _folder.Root, "run", "cat.png", "--stage", "interpolation", "--width", "50", "--height", "40", "--format", "jpeg", "--quality", "80", "--name", "{name}-{width}", "--device", "cpu", "--json");

        Assert.Equal(0, ended.Code);
        JsonElement result = Assert.Single(ended.Objects);
        Assert.Equal((50, 40), (result.GetProperty("width").GetInt32(), result.GetProperty("height").GetInt32()));
        Assert.True(_folder.Has("cat-50.jpg") || _folder.Has("cat-50.jpeg"));
    }

    [Fact]
    public async Task Verbose_tells_decisions_on_standard_error_only()
    {
        _folder.Picture("cat.png");

        CommandLine.Ended plain = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an", "-o", "a", "--json");
        CommandLine.Ended verbose = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--model", "anime4k-cnn-2x-l-an", "-o", "b", "--json", "--verbose");

        Assert.Equal((0, ""), (plain.Code, plain.Errors));
        Assert.Equal(0, verbose.Code);
        Assert.StartsWith("upscale: cat.png: ", verbose.Errors, StringComparison.Ordinal);
        Assert.Single(verbose.Objects);
    }

    [Theory]
    [InlineData("StageNotFound", "interpolation", "--stage", "interpolaton")]
    [InlineData("ModelNotFound", "anime4k-cnn-2x-l-an", "--model", "anime4k-cnn-2x-l-ann")]
    [InlineData("DeviceNotAvailable", "Cuda:77", "--device", "Cuda:77")]
    [InlineData("EngineNotAvailable", "swin2sr-x2", "--engine", "Native", "--model", "{architectures}/swin2sr-x2.onnx")]
    [InlineData("OptionInvalid", "kernel", "--stage", "interpolation:kernl=box")]
    [InlineData("OptionInvalid", "interpolation:", "--stage", "interpolation:=box")]
    [InlineData("OptionInvalid", "scale", "--scale", "2", "--width", "100")]
    [InlineData("OptionInvalid", "{nam}", "--name", "{nam}")]
    [InlineData("FormatNotSupported", "xyz", "--format", "xyz")]
    [InlineData("OptionInvalid", "--modle", "--modle", "x")]
    [InlineData("OptionInvalid", "'prompt'", "--prompt", "a cat")]
    [InlineData("OptionInvalid", "'refine'", "--strength", "0.5")]
    [InlineData("OptionInvalid", "refine:strength=0.1", "--strength", "0.5", "--stage", "refine:strength=0.1")]
    [InlineData("ModelNotFound", "no-such-folder", "--model", "./no-such-folder")]
    public async Task What_would_fail_for_every_picture_is_told_once(string errorId, string mentioned, params string[] options)
    {
        _folder.Picture("a.png");
        _folder.Picture("b.png");

        string architectures = Path.Combine(TestData.Root, "tests", "data", "reference", "architectures");
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, ["run", "a.png", "b.png", .. options.Select(o => o.Replace("{architectures}", architectures, StringComparison.Ordinal))]);

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        string line = Assert.Single(ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("upscale: ", line, StringComparison.Ordinal);
        Assert.EndsWith($" [{errorId}]", line, StringComparison.Ordinal);
        Assert.Contains(mentioned, line, StringComparison.Ordinal);
        Assert.Equal(["a.png", "b.png"], _folder.Files);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "a.png", "--scale", "big")]
    [InlineData("run", "a.png", "--throttle", "0")]
    [InlineData("run", "a.png", "--engine", "fast")]
    [InlineData("run", "a.png", "--quality", "101")]
    [InlineData("run", "a.png", "--tile", "0")]
    [InlineData("run", "a.png", "--strength", "1.5")]
    [InlineData("run", "a.png", "--temperature", "-1")]
    [InlineData("run", "a.png", "--consistency", "two")]
    [InlineData("run", "a.png", "--guidance", "-1")]
    [InlineData("run", "a.png", "--steps", "0")]
    [InlineData("run", "a.png", "--steps", "1.5")]
    [InlineData("run", "a.png", "--time-limit", "0")]
    [InlineData("rnu", "a.png")]
    [InlineData()]
    public async Task Wrong_usage_is_told_without_running(params string[] arguments)
    {
        _folder.Picture("a.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, arguments);

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.NotEmpty(ended.Errors);
        Assert.Equal(["a.png"], _folder.Files);
    }

    [Theory]
    [InlineData("*.png")]
    [InlineData("empty")]
    public async Task Nothing_to_do_is_an_error(string source)
    {
        Directory.CreateDirectory(_folder.At("empty"));

        CommandLine.Ended ended = await RunAsync(source);

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.StartsWith($"upscale: {source}: ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_matches_nothing_does_not_pass_unseen()
    {
        _folder.Picture("a.png");

        CommandLine.Ended ended = await RunAsync("a.png", "*.tif");

        Assert.Equal(2, ended.Code);
        Assert.Single(ended.Lines);
        Assert.StartsWith("upscale: *.tif: ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_of_the_run_reaches_a_stage_that_takes_it()
    {
        _folder.Picture("cat.png");
        _folder.Picture("mask.png");
        using var plugin = new OptionPlugin();

        CommandLine.Ended ended = await CommandLine.RunAsync(
            _folder.Root, "run", "cat.png", "--stage", OptionPlugin.Stage, "--scale", "2", "--json", "--prompt", "a cat, old", "--negative-prompt", "dog", "--guidance", "7.5", "--steps", "20",
            "--strength", "0.25", "--scheduler", "EULER", "--temperature", "0.5", "--mask", "mask.png", "--color-fix", "wavelet", "--consistency", "1");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        string stage = Assert.Single(Assert.Single(ended.Objects).GetProperty("stages").EnumerateArray()).GetString()!;
        Assert.StartsWith(
            $"{OptionPlugin.Stage}:prompt=\"a cat, old\",negativePrompt=dog,guidance=7.5,steps=20,strength=0.25,scheduler=EULER,temperature=0.5,mask=mask.png,colorFix=wavelet,consistency=1,width=",
            stage,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mask_that_is_not_there_is_told_once()
    {
        _folder.Picture("a.png");
        _folder.Picture("b.png");
        using var plugin = new OptionPlugin();

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "a.png", "b.png", "--stage", OptionPlugin.Stage, "--mask", "none.png");

        Assert.Equal((1, ""), (ended.Code, ended.Output));
        string line = Assert.Single(ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(_folder.At("none.png"), line, StringComparison.Ordinal);
        Assert.EndsWith("[FileNotFound]", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.1")]
    [InlineData("0.2")]
    [InlineData("0.3")]
    [InlineData("0.4")]
    public async Task A_picture_that_takes_too_long_is_given_up_and_the_rest_go_on(string seconds)
    {
        File.Copy(TestData.Image("truth", "astronaut.png"), _folder.At("big.png"));
        _folder.Picture("cat.png");

        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "big.png", "cat.png", "--model", "realesrgan-x4plus", "--time-limit", seconds, "--json");

        Assert.Equal(2, ended.Code);
        Assert.Equal(["TimeLimitExceeded", "TimeLimitExceeded"], ended.Objects.Select(o => o.GetProperty("errorId").GetString()));
        Assert.Equal(["big.png", "cat.png"], _folder.Files);
    }

    [Fact]
    public async Task The_seed_stands_in_the_result_unless_it_is_not_wanted()
    {
        _folder.Picture("cat.png");

        await RunAsync("cat.png", "--seed", "1234567", "--name", "with");
        await RunAsync("cat.png", "--seed", "1234567", "--name", "without", "--no-software-tag");

        Assert.Contains("; seed 1234567", File.ReadAllText(_folder.At("with.png"), System.Text.Encoding.Latin1), StringComparison.Ordinal);
        Assert.DoesNotContain("1234567", File.ReadAllText(_folder.At("without.png"), System.Text.Encoding.Latin1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_the_run_and_leaves_nothing_half_written(string signal)
    {
        if (OperatingSystem.IsWindows())
            return;
        File.Copy(TestData.Image("truth", "astronaut.png"), _folder.At("big.png"));
        using System.Diagnostics.Process process = CommandLine.Start(_folder.Root, "run", "big.png", "--model", "realesrgan-x4plus", "--verbose");
        Task<CommandLine.Ended> end = CommandLine.EndAsync(process);

        // Once something lies beside the source, the work is under way.
        while (_folder.Files.Count() == 1 && !end.IsCompleted)
            await Task.Delay(20);
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        CommandLine.Ended ended = await end;

        Assert.Equal((130, ""), (ended.Code, ended.Output));
        Assert.Equal(["big.png"], _folder.Files);
    }

    private Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(_folder.Root, ["run", .. arguments, .. s_quick]);
}
