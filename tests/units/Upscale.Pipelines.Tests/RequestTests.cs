using NetVips;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

/// <summary>What a request says of the whole run: options, time limit, the tag in the result.</summary>
public sealed class RequestTests : IAsyncLifetime
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _plain = new(new UpscaleHome(TestData.Root), new SessionPool());
    private readonly UpscaleEngine _engine;

    public RequestTests() => _engine = TestPlugin.Install(_folder, _plain);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _plain.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_option_of_the_request_goes_to_every_stage_that_takes_it_and_does_not_say_it_itself()
    {
        UpscalePlan plan = await PlanAsync(("strength", 0.25), "same", "interpolation:scale=2", "same:strength=0.5", "same:PROMPT=x");
        Assert.Equal(["same:strength=0.25", "interpolation:scale=2", "same:strength=0.5", "same:PROMPT=x,strength=0.25"], plan.Stages.Select(s => s.ToString()));
    }

    [Fact]
    public async Task An_option_that_no_stage_takes_names_the_chain_and_the_stages_that_would()
    {
        var error = await Assert.ThrowsAsync<UpscaleException>(() => PlanAsync(("prompt", "a cat"), "interpolation:scale=2", "gan"));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("'prompt'", error.Message, StringComparison.Ordinal);
        Assert.Contains("interpolation:scale=2 + gan", error.Message, StringComparison.Ordinal);
        Assert.Contains("'same'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'gan'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_that_every_stage_says_itself_is_refused_too()
    {
        var error = await Assert.ThrowsAsync<UpscaleException>(() => PlanAsync(("strength", 1), "same:strength=0.5"));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("same:strength=0.5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_no_stage_takes_is_refused()
    {
        var request = new UpscaleRequest { Source = "", Model = "anime4k-cnn-2x-l-an", Stages = [new StageSpec("interpolation")] };
        var error = await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(request, default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("'gan'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_out_of_range_is_refused_before_the_first_picture()
    {
        var request = new UpscaleRequest { Source = "", Stages = [new StageSpec("same")], Options = UpscaleRequest.OptionsGiven(("strength", 1.5), ("prompt", null)) };
        var error = await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(request, default));
        Assert.Contains("from 0 to 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_choices_of_all_stages_are_known_by_the_options_name()
    {
        Assert.Empty(new[] { "alpha-beta", "gamma" }.Except(_engine.Choices("Scheduler")));
        Assert.Empty(_engine.Choices("prompt"));
    }

    [Fact]
    public async Task A_path_is_relative_to_the_requests_folder()
    {
        string mask = _folder.Touch("sub", "mask.png");
        UpscaleResult result = await RunAsync(new UpscaleRequest
        {
            Source = await WriteAsync("a.png"), Stages = [new StageSpec("same")], BaseFolder = _folder.Path, Options = UpscaleRequest.OptionsGiven(("mask", "sub/mask.png")),
        });
        Assert.Equal([$"mask is {mask}"], result.Warnings);
    }

    [Fact]
    public async Task A_network_is_found_by_the_name_of_its_folder_relative_to_the_requests_folder()
    {
        string from = Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an");
        foreach (string file in new[] { "model.json", "model.onnx" })
            File.Copy(Path.Combine(from, file), _folder.File("mine", "anime4k-cnn-2x-l-an", file));
        var request = new UpscaleRequest { Source = await WriteAsync("a.png"), Stages = [StageSpec.Parse("gan:model=./anime4k-cnn-2x-l-an")], BaseFolder = _folder.File("mine") };
        UpscaleResult result = await RunAsync(request);
        Assert.Equal("anime4k-cnn-2x-l-an", result.Model);
    }

    [Fact]
    public async Task A_picture_that_takes_too_long_is_given_up_and_the_batch_goes_on()
    {
        string slow = await WriteAsync("slow.png");
        string quick = await WriteAsync("quick.png");
        long before = FloatBuffer.Outstanding;
        await using (var batch = new UpscaleBatch(_engine, 1, null, default))
        {
            batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = slow, Stages = [StageSpec.Parse("interpolation:scale=2"), new StageSpec("stuck")], TimeLimit = s_soon }));
            batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = quick, Stages = [StageSpec.Parse("interpolation:scale=2")], TimeLimit = TimeSpan.FromMinutes(10) }));
            var error = Assert.IsType<UpscaleException>((await batch.NextAsync()).Error);
            Assert.Equal(UpscaleErrorId.TimeLimitExceeded, error.ErrorId);
            Assert.Contains(slow, error.Message, StringComparison.Ordinal);
            Assert.Contains("0.05 s", error.Message, StringComparison.Ordinal);
            Assert.NotNull((await batch.NextAsync()).Result);
        }

        Assert.Equal(["quick.png", "quick_2x.png", "slow.png"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_time_limit_stops_a_network_that_runs()
    {
        string source = await WriteAsync("long.png", new ImageShape(600, 600, 3));
        await _engine.RunAsync(await _engine.PlanAsync(Request(await WriteAsync("small.png")), default), null, null, default);
        UpscalePlan plan = await _engine.PlanAsync(Request(source) with { TimeLimit = TimeSpan.FromMilliseconds(300) }, default);
        Assert.Equal(UpscaleErrorId.TimeLimitExceeded, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.RunAsync(plan, null, null, default))).ErrorId);
        Assert.Equal(0, Assert.Single(_engine.Sessions).Busy);
        Assert.False(File.Exists(plan.Target));

        static UpscaleRequest Request(string source) => new() { Source = source, Model = "realesr-general-x4v3", Device = "Cpu" };
    }

    [Fact]
    public async Task A_cancelled_run_is_no_time_limit()
    {
        UpscalePlan plan = await _engine.PlanAsync(new UpscaleRequest { Source = await WriteAsync("a.png"), Stages = [new StageSpec("stuck")], TimeLimit = TimeSpan.FromMinutes(10) }, default);
        using var stop = new CancellationTokenSource(s_soon);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _engine.RunAsync(plan, null, null, stop.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(50 * 86_400.0)]
    public async Task A_time_limit_out_of_range_is_refused(double seconds)
    {
        var request = new UpscaleRequest { Source = "", Stages = [new StageSpec("same")], TimeLimit = TimeSpan.FromSeconds(seconds) };
        Assert.Equal(UpscaleErrorId.OptionInvalid, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(request, default))).ErrorId);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    public async Task What_was_done_is_read_back_from_the_result(string format)
    {
        var request = new UpscaleRequest { Source = await WriteAsync("a.png"), Model = "anime4k-cnn-2x-l-an", Stages = [StageSpec.Parse("gan:SCALE=2.50")], Seed = 7, Format = format };
        string software = Software((await RunAsync(request)).Path, "exif-ifd0-Software");
        Assert.StartsWith("Upscale 0.1.0; gan:model=anime4k-cnn-2x-l-an,scale=2.5; seed 7 (", software, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tag_tells_neither_folders_nor_the_order_of_options_and_is_ascii()
    {
        File.Copy(Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an", "model.onnx"), _folder.File("mine.onnx"));
        string mask = _folder.Touch("sub", "mask.png");
        string source = await WriteAsync("a.png");
        string first = await TagAsync(source, new StageSpec("same").With(("prompt", "a ma\u00dfk, \ud83d\ude00"), ("mask", mask), ("strength", 0.5)), new StageSpec("gan").With(("model", _folder.File("mine.onnx"))));
        string second = await TagAsync(source, new StageSpec("SAME").With(("STRENGTH", "0.50"), ("Mask", "sub/mask.png"), ("Prompt", "a ma\u00dfk, \ud83d\ude00")), new StageSpec("gan").With(("model", "mine.onnx")));
        Assert.Equal("Upscale 0.1.0; same:mask=mask.png,prompt=\"a ma\\u00DFk, \\uD83D\\uDE00\",strength=0.5; gan:model=mine; seed 0", first);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task A_long_prompt_leaves_room_for_the_seed()
    {
        string tag = await TagAsync(await WriteAsync("a.png"), new StageSpec("same").With(("prompt", new string('x', 100_000))));
        Assert.EndsWith("xxx...; seed 0", tag, StringComparison.Ordinal);
        Assert.InRange(tag.Length, 1000, 10_000);
    }

    [Fact]
    public async Task Without_the_tag_the_metadata_stays_as_it_was()
    {
        string source = await WriteAsync("a.png");
        UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Stages = [new StageSpec("same")], NameFormat = "b", SoftwareTag = false });
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(result.Path));
    }

    [Fact]
    public async Task Progress_never_goes_beyond_what_was_planned()
    {
        UpscalePlan plan = await _engine.PlanAsync(new UpscaleRequest { Source = await WriteAsync("a.png"), Stages = [new StageSpec("same")] }, default);
        var told = new List<UpscaleProgress>();
        UpscaleResult result = await _engine.RunAsync(plan, new Listener(told.Add), null, default);
        Assert.Equal([new UpscaleProgress(1, 1)], told);
        Assert.Equal(3, result.Tiles);
    }

    [Fact]
    public async Task A_refinement_behind_an_enlargement_by_four_is_led_by_the_original()
    {
        string source = await WriteAsync("a.png", new ImageShape(40, 30, 3));
        var gan = StageSpec.Parse("gan:model=realesr-general-x4v3");
        var refine = StageSpec.Parse("refine:strength=0.6");
        var log = new List<string>();
        UpscalePlan plan = await _engine.PlanAsync(new UpscaleRequest { Source = source, Stages = [gan, refine], NameFormat = "chain", Device = "Cpu" }, default);
        UpscaleResult chained = await _engine.RunAsync(plan, null, log.Add, default);
        Assert.Equal((160, 120), (chained.Width, chained.Height));
        Assert.Contains(log, l => l.Contains("'refine' is led by the picture that came in", StringComparison.Ordinal));

        UpscaleResult enlarged = await RunAsync(new UpscaleRequest { Source = source, Stages = [gan], NameFormat = "gan" });
        UpscaleResult refined = await RunAsync(new UpscaleRequest { Source = enlarged.Path, Stages = [refine], NameFormat = "refined" });
        float difference = (await ReadAsync(chained.Path)).Difference(await ReadAsync(refined.Path));
        Assert.InRange(difference, 0.005f, 0.5f);
    }

    [Fact]
    public async Task A_picture_that_a_stage_opens_gives_its_colours()
    {
        const int Height = 600;
        Picture colours = Picture.Sample(new ImageShape(1500, Height, 3));
        string path = _folder.File("mask.png");
        await ImageWriter.WriteAsync(
            path, new EncodeOptions { Format = ImageFormats.Png }, colours.Source(), Picture.Make(new ImageShape(1500, Height, 1), (_, _, _) => 0.5f).Source(), ImageMetadata.None, default);
        long before = FloatBuffer.Outstanding;
        await using (var source = new Running.PictureSource(ImageReader.Open(path)))
        {
            for (int top = 0; top < Height;)
            {
                using Strip strip = (await source.ReadAsync(default))!;
                top = strip.Bottom;

                // Not the alpha beside them, which nobody reads: a strip in hand and two on the way.
                Assert.InRange(FloatBuffer.Outstanding - before, 1, 4);
            }
        }

        await using var again = new Running.PictureSource(ImageReader.Open(path));
        Assert.True(colours.Difference(await Picture.ReadAsync(again)) < 0.003f);
    }

    private async Task<UpscalePlan> PlanAsync((string Name, object? Value) option, params string[] stages)
        => await _engine.PlanAsync(new UpscaleRequest { Source = await WriteAsync("a.png"), Stages = [.. stages.Select(StageSpec.Parse)], Options = UpscaleRequest.OptionsGiven(option) }, default);

    private async Task<UpscaleResult> RunAsync(UpscaleRequest request)
        => await _engine.RunAsync(await _engine.PlanAsync(request with { Device = "Cpu" }, default), null, null, default);

    /// <summary>The tag of a PNG that these stages made.</summary>
    private async Task<string> TagAsync(string source, params StageSpec[] stages)
    {
        UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Stages = stages, BaseFolder = _folder.Path, NameFormat = "tagged", Existing = ExistingTarget.Replace });
        return Software(result.Path, "png-comment-0-Software");
    }

    private static string Software(string path, string field)
    {
        using Image image = Image.NewFromFile(path);
        return (string)image.Get(field);
    }

    private static async Task<Picture> ReadAsync(string path)
    {
        await using ImageReader reader = ImageReader.Open(path);
        return await Picture.ReadAsync(reader.Colours);
    }

    private async Task<string> WriteAsync(string name, ImageShape? shape = null)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(
            path, new EncodeOptions { Format = ImageFormats.FromPath(path) }, Picture.Sample(shape ?? new ImageShape(40, 30, 3)).Source(), null, ImageMetadata.None, default);
        return path;
    }

    private sealed class Listener(Action<UpscaleProgress> tell) : IProgress<UpscaleProgress>
    {
        public void Report(UpscaleProgress value) => tell(value);
    }
}
