using NetVips;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

/// <summary>Animations and pages through the stages, from file to file.</summary>
public sealed class FrameTests : IAsyncLifetime
{
    private const string Interpolation = "interpolation:kernel=lanczos3,scale=2";
    private const string Network = "gan:model=anime4k-cnn-2x-l-an";

    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("webp", false, Network)]
    [InlineData("webp", true, Interpolation)]
    [InlineData("tif", true, Network)]
    [InlineData("tif", false, Interpolation)]
    public async Task Each_frame_is_what_it_would_be_alone(string extension, bool alpha, string stage)
    {
        int[] delays = [100, 30, 250];
        string source = Write($"a.{extension}", delays, 2, alpha);
        UpscaleResult all = await RunAsync(Request(source, stage) with { Lossless = true });

        Assert.Equal((3, 80, 60), (all.Frames, all.Width, all.Height));
        using (Image image = Image.NewFromFile(all.Path, access: Enums.Access.Sequential, kwargs: new VOption { { "n", -1 } }))
        {
            Assert.Equal((80, 180), (image.Width, image.Height));
            if (extension == "webp")
                Assert.Equal([2, .. delays], [(int)image.Get("loop"), .. (int[])image.Get("delay")]);
        }

        for (int i = 0; i < 3; i++)
        {
            UpscaleResult one = await RunAsync(Request(source, stage) with { Lossless = true, Frame = i, NameFormat = $"one{i}" });
            Assert.Equal(1, one.Frames);
            Assert.Equal(1, (await ReadAsync(one.Path, 0)).Frames);
            Assert.Equal((await ReadAsync(one.Path, 0)).Samples, (await ReadAsync(all.Path, i)).Samples);
        }
    }

    [Fact]
    public async Task A_gif_animation_keeps_frames_times_and_repetitions()
    {
        string source = Write("a.gif", [100, 30, 250, 0], 3, alpha: true);
        UpscaleResult result = await RunAsync(Request(source, "interpolation:kernel=nearest,scale=3"));
        Assert.Equal((4, 120, 90), (result.Frames, result.Width, result.Height));
        using Image image = Image.Gifload(result.Path, n: -1);
        Assert.Equal((4, 3, 90), ((int)image.Get("n-pages"), (int)image.Get("loop"), (int)image.Get("page-height")));
        Assert.Equal([100, 30, 250, 0], (int[])image.Get("delay"));
        for (int i = 0; i < 4; i++)
        {
            UpscaleResult one = await RunAsync(Request(source, "interpolation:kernel=nearest,scale=3") with { Frame = i, NameFormat = $"one{i}" });
            byte[] alone = (await ReadAsync(one.Path, 0)).Samples, among = (await ReadAsync(result.Path, i)).Samples;
            Assert.Equal(120 * 90 * 4, alone.Length);
            for (int at = 0; at < among.Length; at += 4)
            {
                Assert.Equal(alone[at + 3], among[at + 3]);
                for (int band = 0; band < 3 && alone[at + 3] > 0; band++)
                    Assert.InRange(among[at + band] - alone[at + band], -3, 3);
            }
        }
    }

    [Fact]
    public async Task Pages_of_different_size_are_enlarged_by_the_scale_or_to_a_width_each()
    {
        string source = Path.Combine(TestData.ReferenceFolders("badfiles").First(), "multipage.tif");
        UpscaleResult twice = await RunAsync(Request(source, Interpolation) with { Destination = _folder.Path });
        UpscaleResult wide = await RunAsync(Request(source, "interpolation") with { Destination = _folder.Path, Width = 100, NameFormat = "wide" });
        UpscaleResult network = await RunAsync(Request(source, Network) with { Destination = _folder.Path, Scale = 3, NameFormat = "network" });
        Assert.Equal([(80, 56), (40, 100), (80, 56)], Sizes(twice));
        Assert.Equal([(100, 70), (100, 250), (100, 70)], Sizes(wide));
        Assert.Equal([(120, 84), (60, 150), (120, 84)], Sizes(network));

        // Gray of 16 bits stays what it is.
        using Image last = Image.Tiffload(twice.Path, page: 2);
        Assert.Equal((1, Enums.BandFormat.Ushort), (last.Bands, last.Format));

        static (int, int)[] Sizes(UpscaleResult result)
            => [.. Enumerable.Range(0, result.Frames).Select(i => Image.Tiffload(result.Path, page: i)).Select(p => (p.Width, p.Height))];
    }

    [Theory]
    [InlineData("a.gif", "png")]
    [InlineData("a.webp", "jpeg")]
    [InlineData("a.tif", "avif")]
    public async Task Of_what_the_format_does_not_hold_the_first_is_taken_with_a_warning_that_names_the_option(string name, string format)
    {
        UpscaleResult result = await RunAsync(Request(Write(name, [100, 100, 100], 0, false), Interpolation) with { Format = format });
        Assert.Equal(1, result.Frames);
        Assert.Contains(result.Warnings, w => w.Contains("3 frames", StringComparison.Ordinal) && w.Contains("-Frame", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a.gif", "webp")]
    [InlineData("a.webp", "gif")]
    [InlineData("a.webp", "tiff")]
    [InlineData("a.tif", "webp")]
    public async Task Frames_go_from_each_format_that_holds_them_to_each_other(string name, string format)
    {
        UpscaleResult result = await RunAsync(Request(Write(name, [100, 200, 300], 0, false), Interpolation) with { Format = format });
        Assert.Equal(3, result.Frames);
        using Image image = Image.NewFromFile(result.Path, access: Enums.Access.Sequential, kwargs: new VOption { { "n", -1 } });
        Assert.Equal(3 * 60, image.Height);
        if (name != "a.tif" && format != "tiff")
            Assert.Equal([100, 200, 300], (int[])image.Get("delay"));
    }

    [Fact]
    public async Task Pages_that_no_animation_can_hold_are_refused_before_work()
    {
        string source = Path.Combine(TestData.ReferenceFolders("badfiles").First(), "multipage.tif");
        foreach (string format in new[] { "gif", "webp" })
        {
            UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(Request(source, Interpolation) with { Destination = _folder.Path, Format = format }, default));
            Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
            Assert.Contains("-Frame", e.Message, StringComparison.Ordinal);
        }

        UpscaleException pyramid = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(Request(source, Interpolation) with { Pyramid = true }, default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, pyramid.ErrorId);
    }

    [Fact]
    public async Task Transparent_and_opaque_pages_do_not_become_an_animation()
    {
        string source = _folder.File("a.tif");
        Picture picture = Picture.Sample(new ImageShape(8, 8, 3));
        await ImageWriter.WriteAsync(
            source, new EncodeOptions { Format = ImageFormats.Tiff }, [picture.Shape, picture.Shape], null,
            new[] { picture.Source(), null }.Select(a => new ImageFrame(picture.Source(), a is null ? null : Picture.Make(new ImageShape(8, 8, 1), (_, _, _) => 0.5f).Source(), ImageMetadata.None)).ToAsyncEnumerable(), default);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(Request(source, Interpolation) with { Format = "webp" }, default));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Equal(2, (await RunAsync(Request(source, Interpolation))).Frames);
    }

    [Fact]
    public async Task A_frame_that_is_not_there_is_refused_in_the_plan()
    {
        string source = Write("a.gif", [100, 100], 0, false);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(Request(source, Interpolation) with { Frame = 2 }, default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, e.ErrorId);
        Assert.Contains("2 frames or pages, numbered 0 to 1", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(Request(source, Interpolation) with { Frame = -1 }, default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, e.ErrorId);
    }

    [Fact]
    public async Task All_frames_together_count_for_the_limit_of_pixels()
    {
        string source = Write("a.gif", [100, 100, 100], 0, false);
        UpscaleRequest request = Request(source, Interpolation) with { MaxPixels = 3 * 40 * 30 };
        Assert.Equal(3, (await _engine.PlanAsync(request, default)).Frames.Count);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(request with { MaxPixels = request.MaxPixels - 1 }, default));
        Assert.Equal(UpscaleErrorId.ImageTooLarge, e.ErrorId);
    }

    [Fact]
    public async Task The_plan_counts_the_work_of_all_frames_and_progress_ends_with_it()
    {
        string source = Write("a.webp", [100, 100, 100], 0, false);
        UpscalePlan plan = await _engine.PlanAsync(Request(source, Network), default);
        UpscalePlan one = await _engine.PlanAsync(Request(source, Network) with { Frame = 0, NameFormat = "one" }, default);
        Assert.Equal(3 * one.Tiles, plan.Tiles);
        var told = new List<UpscaleProgress>();
        UpscaleResult result = await _engine.RunAsync(plan, new Listener(told.Add), null, default);
        Assert.Equal(plan.Tiles, result.Tiles);
        Assert.Equal(new UpscaleProgress(plan.Tiles, plan.Tiles), told[^1]);
    }

    [Fact]
    public async Task What_does_not_move_does_not_flicker()
    {
        string source = Write("a.tif", [100, 100], 0, false, moving: false);
        UpscaleResult result = await RunAsync(Request(source, "diffusion:model=resshift-x4-compact,temperature=1") with { Seed = 5 });
        byte[] first = (await ReadAsync(result.Path, 0)).Samples;
        Assert.Equal(first, (await ReadAsync(result.Path, 1)).Samples);
        UpscaleResult other = await RunAsync(Request(source, "diffusion:model=resshift-x4-compact,temperature=1") with { Seed = 6, NameFormat = "other" });
        Assert.NotEqual(first, (await ReadAsync(other.Path, 0)).Samples);
    }

    [Fact]
    public async Task Transparency_of_one_frame_sends_that_of_all_through_the_network()
    {
        // The first frame is opaque; alone, its alpha would be left as it is.
        string source = Write("a.webp", [100, 100], 0, true, opaqueFirst: true);
        UpscaleResult network = await RunAsync(Request(source, Network) with { AlphaMode = AlphaMode.Network });
        UpscaleResult resampled = await RunAsync(Request(source, Network) with { AlphaMode = AlphaMode.Resample, NameFormat = "resampled" });
        Assert.NotEqual((await ReadAsync(resampled.Path, 1)).Samples, (await ReadAsync(network.Path, 1)).Samples);
        Assert.Equal(2, network.Frames);
    }

    [Fact]
    public async Task An_animated_png_file_gives_its_first_picture_or_an_error_that_says_why()
    {
        string source = Path.Combine(TestData.ReferenceFolders("badfiles").First(), "anim.apng.png");
        UpscaleRequest request = Request(source, Interpolation) with { Destination = _folder.Path };
        UpscaleResult first = await RunAsync(request);
        Assert.Equal(1, first.Frames);
        Assert.Contains(first.Warnings, w => w.Contains("3 frames", StringComparison.Ordinal) && w.Contains("animated PNG", StringComparison.Ordinal));
        foreach (UpscaleRequest refused in new[] { request with { Format = "webp" }, request with { Frame = 1 } })
        {
            UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(refused, default));
            Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
            Assert.Contains("-Frame 0", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await RunAsync(request with { Format = "webp", Frame = 0 })).Frames);
    }

    [Fact]
    public async Task A_journal_tells_frames_apart()
    {
        string source = Write("a.webp", [100, 100], 0, false);
        Assert.Equal([UpscaleState.Done], await StatesAsync(null));
        Assert.Equal([UpscaleState.Skipped], await StatesAsync(null));
        Assert.Equal([UpscaleState.Done], await StatesAsync(1));
        Assert.Equal([UpscaleState.Done], await StatesAsync(0));
        Assert.Equal([UpscaleState.Skipped], await StatesAsync(0));

        async Task<IEnumerable<UpscaleState?>> StatesAsync(int? frame)
        {
            using RunJournal journal = RunJournal.Open(_folder.File("run.jsonl"), TimeProvider.System);
            return (await BatchRun.RunAsync(_engine, [Request(source, Interpolation) with { Frame = frame, Destination = _folder.File("out") }], journal)).Select(o => o.Result?.State);
        }
    }

    [Fact]
    public async Task A_file_that_loses_frames_while_it_waits_is_an_error_and_leaves_nothing()
    {
        string source = Write("a.webp", [100, 100, 100], 0, false);
        UpscalePlan plan = await _engine.PlanAsync(Request(source, Interpolation), default);
        Write("a.webp", [100, 100], 0, false);
        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.RunAsync(plan, null, null, default));
        Assert.Contains("was changed", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(plan.Target));
    }

    private static UpscaleRequest Request(string source, string stage) => new() { Source = source, Stages = [StageSpec.Parse(stage)], Device = "Cpu" };

    private static async Task<(byte[] Samples, int Frames)> ReadAsync(string path, int frame)
    {
        await Task.Yield();
        using Image one = Image.NewFromFile(path, kwargs: new VOption { { "page", frame } });

        // The encoder of WebP animations may use transparency for what does not change, and then the file says that it has some.
        using Image? opaque = path.EndsWith(".webp", StringComparison.Ordinal) && one.Bands == 4 && one[3].Min() == 255 ? one.ExtractBand(0, 3) : null;
        return ((opaque ?? one).WriteToMemory<byte>(), one.Contains("n-pages") ? (int)one.Get("n-pages") : 1);
    }

    /// <summary>Frames of 40 x 30 pixels: a disc that moves over stripes, or over nothing.</summary>
    private string Write(string name, int[] delays, int loops, bool alpha, bool moving = true, bool opaqueFirst = false)
    {
        Image[] frames = [.. delays.Select((_, i) => Frame(moving ? i : 0, opaqueFirst && i == 0))];
        using Image all = Image.Arrayjoin(frames, across: 1);
        using Image told = all.Mutate(m =>
        {
            m.Set(GValue.GIntType, "page-height", 30);
            m.Set(GValue.GIntType, "loop", loops);
            m.Set(GValue.ArrayIntType, "delay", delays);
        });
        string path = _folder.File(name);
        if (name.EndsWith(".gif", StringComparison.Ordinal))
            told.Gifsave(path, dither: 0, keepDuplicateFrames: true);
        else if (name.EndsWith(".webp", StringComparison.Ordinal))
            told.Webpsave(path, lossless: true);
        else
            told.Tiffsave(path);
        return path;

        Image Frame(int at, bool opaque)
        {
            int bands = alpha ? 4 : 3;
            byte[] samples = new byte[40 * 30 * bands];
            for (int i = 0; i < 40 * 30; i++)
            {
                (int x, int y) = (i % 40, i / 40);
                bool disc = ((x - 10 - (5 * at)) * (x - 10 - (5 * at))) + ((y - 15) * (y - 15)) < 64;
                samples[i * bands] = (byte)(disc ? 220 : x / 5 % 2 * 80);
                samples[(i * bands) + 1] = (byte)(disc ? 60 * (at % 4) : y / 6 % 2 * 80);
                samples[(i * bands) + 2] = 40;
                if (alpha)
                    samples[(i * bands) + 3] = (byte)(disc || opaque ? 255 : 0);
            }

            using Image memory = Image.NewFromMemoryCopy(samples, 40, 30, bands, Enums.BandFormat.Uchar);
            return memory.Copy(interpretation: Enums.Interpretation.Srgb);
        }
    }

    private async Task<UpscaleResult> RunAsync(UpscaleRequest request) => await _engine.RunAsync(await _engine.PlanAsync(request, default), null, null, default);

    private sealed class Listener(Action<UpscaleProgress> tell) : IProgress<UpscaleProgress>
    {
        public void Report(UpscaleProgress value) => tell(value);
    }
}
