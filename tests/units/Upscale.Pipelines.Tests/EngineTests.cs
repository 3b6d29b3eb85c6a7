using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class EngineTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    private static StageSpec Interpolation => StageSpec.Parse("interpolation:kernel=bicubic");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Alpha_is_brought_to_the_results_size_beside_the_colours()
    {
        string source = await WriteAsync("a.png", Picture.Sample(new ImageShape(40, 30, 3)), Picture.Make(new ImageShape(40, 30, 1), (_, _, x) => x < 20 ? 1 : 0));
        UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Model = "anime4k-cnn-2x-l-an" });
        await using ImageReader reader = ImageReader.Open(result.Path);
        Picture alpha = await Picture.ReadAsync(reader.Alpha!);
        Assert.Equal(new ImageShape(80, 60, 1), alpha.Shape);
        Assert.Equal(1, alpha[0, 30, 10]);
        Assert.Equal(0, alpha[0, 30, 70]);
        Assert.InRange(alpha[0, 30, 39] + alpha[0, 30, 40], 0.9f, 1.1f);
    }

    [Fact]
    public async Task A_gray_picture_stays_gray_through_a_colour_network()
    {
        string source = await WriteAsync("g.png", Picture.Sample(new ImageShape(40, 30, 1)));
        UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source });
        await using ImageReader reader = ImageReader.Open(result.Path);
        Assert.Equal(new ImageShape(160, 120, 1), reader.Header.Shape);
    }

    [Theory]
    [InlineData(3.0, null, null, 120, 90)]
    [InlineData(null, 123, null, 123, 92)]
    [InlineData(null, 50, 60, 50, 60)]
    public async Task A_chain_ends_at_the_size_that_was_asked_for(double? scale, int? width, int? height, int outWidth, int outHeight)
    {
        string source = await WriteAsync("c.png", Picture.Sample(new ImageShape(40, 30, 3)));
        string[] chains = ["gan:model=anime4k-cnn-2x-l-an", "gan:model=anime4k-cnn-2x-l-an;interpolation", "interpolation:scale=1.5;gan:model=waifu2x-cunet-noise1", "interpolation:scale=2"];
        foreach (string chain in chains)
        {
            UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Stages = [.. chain.Split(';').Select(StageSpec.Parse)], Scale = scale, Width = width, Height = height, Existing = ExistingTarget.Replace });
            Assert.Equal((outWidth, outHeight), (result.Width, result.Height));
        }
    }

    [Fact]
    public async Task Stages_behind_the_one_that_enlarges_work_on_the_size_that_was_asked_for()
    {
        string source = await WriteAsync("c.png", Picture.Sample(new ImageShape(40, 30, 3)));
        string[] chain = ["gan:model=anime4k-cnn-2x-l-an", "blend:weight=0.5", "colorfix", "sharpen", "grain"];
        UpscalePlan plan = await _engine.PlanAsync(new UpscaleRequest { Source = source, Stages = [.. chain.Select(StageSpec.Parse)], Scale = 3, Device = "Cpu" }, default);
        Assert.Equal(chain.Select(c => c.Split(':')[0]), plan.Stages.Select(s => s.Id));
        Assert.All(plan.StagePlans, p => Assert.Equal(new ImageShape(120, 90, 3), p.Output));
        UpscaleResult result = await _engine.RunAsync(plan, null, null, default);
        Assert.Equal((120, 90), (result.Width, result.Height));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public async Task A_blend_mixes_with_the_source_that_was_cropped_with_the_picture()
    {
        // Where the source were not cropped, its stripes would lie elsewhere.
        string source = await WriteAsync("c.png", Picture.Make(new ImageShape(120, 40, 3), (_, _, x) => (x + 10) % 40 < 20 ? 0.2f : 0.8f));
        UpscaleResult alone = await RunAsync(new UpscaleRequest { Source = source, Stages = [StageSpec.Parse("resize:width=80,height=80,mode=fill,kernel=bicubic")] });
        UpscaleResult mixed = await RunAsync(new UpscaleRequest { Source = source, Stages = [StageSpec.Parse("resize:width=80,height=80,mode=fill,kernel=bicubic"), StageSpec.Parse("blend:weight=0.1")], Existing = ExistingTarget.Rename });
        await using ImageReader first = ImageReader.Open(alone.Path);
        await using ImageReader second = ImageReader.Open(mixed.Path);
        Assert.InRange((await Picture.ReadAsync(first.Colours)).Difference(await Picture.ReadAsync(second.Colours)), 0, 0.02f);
    }

    [Fact]
    public async Task The_result_says_what_was_done()
    {
        string source = await WriteAsync("r.png", Picture.Sample(new ImageShape(40, 30, 3)));
        UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Model = "anime4k-cnn-2x-l-an", Scale = 4, Seed = 7 });
        Assert.Equal((source, 160, 120, 4.0, "Cpu", 7L), (result.Source, result.Width, result.Height, result.Scale, result.Device, result.Seed));
        Assert.Equal("anime4k-cnn-2x-l-an + anime4k-cnn-2x-l-an", result.Model);
        Assert.True(result.Tiles >= 2);
        Assert.Equal(Path.Combine(_folder.Path, "r_4x.png"), result.Path);
        SessionInfo session = Assert.Single(_engine.Sessions);
        Assert.Equal(1, session.Loads);
        Assert.Equal(1, _engine.ClearSessions(null));
        Assert.Empty(_engine.Sessions);
    }

    [Fact]
    public async Task The_engine_that_is_asked_for_computes_the_networks_and_is_named()
    {
        string source = await WriteAsync("e.png", Picture.Sample(new ImageShape(40, 30, 3)));
        var pictures = new List<Picture>();
        foreach (InferenceEngine engine in new[] { InferenceEngine.Native, InferenceEngine.OnnxRuntime })
        {
            UpscaleResult result = await RunAsync(new UpscaleRequest { Source = source, Model = "realesr-animevideov3-x4", Engine = engine, NameFormat = "{name}" + engine, Depth = SampleDepth.Sixteen });
            Assert.Equal(engine.ToString(), result.Engine);
            await using ImageReader reader = ImageReader.Open(result.Path);
            pictures.Add(await Picture.ReadAsync(reader.Colours));
        }

        Assert.InRange(pictures[0].Difference(pictures[1]), 0, 1e-4f);
        Assert.Equal(["Native", "OnnxRuntime"], _engine.Sessions.Select(s => s.Engine).Order());
        Assert.Null((await RunAsync(new UpscaleRequest { Source = source, Stages = [Interpolation], Scale = 2 })).Engine);
    }

    [Fact]
    public async Task An_engine_that_does_not_compute_a_network_is_refused_before_work()
    {
        string source = await WriteAsync("u.png", Picture.Sample(new ImageShape(40, 30, 3)));
        var request = new UpscaleRequest { Source = source, Model = Path.Combine(TestData.Root, "tests", "data", "reference", "architectures", "swin2sr-x2.onnx"), Engine = InferenceEngine.Native };
        var refusal = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(request, default));
        Assert.Equal(UpscaleErrorId.EngineNotAvailable, refusal.ErrorId);
        PipelineTest test = await _engine.TestAsync(request with { Pipeline = new UpscalePipeline { Name = "p", Stages = [new StageSpec("gan").With(("model", request.Model))] }, Model = null }, new ImageShape(40, 30, 3), default);
        Assert.Equal(UpscaleErrorId.EngineNotAvailable, Assert.Single(test.Refusals).ErrorId);
    }

    [Theory]
    [InlineData("nope", null, null, UpscaleErrorId.ModelNotFound)]
    [InlineData(null, "webq", null, UpscaleErrorId.FormatNotSupported)]
    [InlineData(null, null, "Cuda:7", UpscaleErrorId.DeviceNotAvailable)]
    public async Task What_is_wrong_for_every_picture_is_told_without_one(string? model, string? format, string? device, string expected)
    {
        var request = new UpscaleRequest { Source = "", Model = model, Format = format, Device = device ?? "Auto" };
        Assert.Equal(expected, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.CheckAsync(request, default))).ErrorId);
    }

    [Fact]
    public async Task A_result_beyond_the_formats_limits_is_refused_before_work()
    {
        string source = await WriteAsync("w.png", Picture.Sample(new ImageShape(40, 30, 3)));
        var request = new UpscaleRequest { Source = source, Stages = [Interpolation], Width = 20_000, Height = 10, Format = "webp" };
        Assert.Equal(UpscaleErrorId.ImageTooLarge, (await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(request, default))).ErrorId);
    }

    [Fact]
    public async Task Two_sources_of_one_target_are_refused_before_work_and_a_source_is_never_a_target()
    {
        Picture picture = Picture.Sample(new ImageShape(40, 30, 3));
        string first = await WriteAsync("one.png", picture);
        string second = await WriteAsync("one.jpg", picture);
        await using var batch = new UpscaleBatch(_engine, 1, null, default);
        UpscaleRequest Request(string source) => new() { Source = source, Stages = [Interpolation], Scale = 2, Format = "png", NameFormat = "same", Existing = ExistingTarget.Replace };
        batch.Add(await batch.PlanAsync(Request(first)));
        var conflict = await Assert.ThrowsAsync<UpscaleException>(() => batch.PlanAsync(Request(second)));
        Assert.Equal(UpscaleErrorId.TargetConflict, conflict.ErrorId);
        Assert.Contains(first, conflict.Message, StringComparison.Ordinal);
        Assert.NotNull((await batch.NextAsync()).Result);
        var itself = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(Request(first) with { NameFormat = "{name}" }, default));
        Assert.Equal(UpscaleErrorId.TargetConflict, itself.ErrorId);
    }

    [Fact]
    public async Task Outcomes_come_in_the_order_of_the_inputs_whatever_ends_first()
    {
        string big = await WriteAsync("big.png", Picture.Sample(new ImageShape(300, 300, 3)));
        string small = await WriteAsync("small.png", Picture.Sample(new ImageShape(8, 8, 3)));
        string broken = _folder.Touch("broken.png");
        await using var batch = new UpscaleBatch(_engine, 3, null, default);
        batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = big, Stages = [Interpolation], Scale = 8 }));
        batch.AddFailure(broken, await Assert.ThrowsAsync<UpscaleException>(() => batch.PlanAsync(new UpscaleRequest { Source = broken, Stages = [Interpolation], Scale = 8 })));
        batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = small, Stages = [Interpolation], Scale = 8 }));
        var order = new List<string>();
        while (batch.Pending > 0)
            order.Add((await batch.NextAsync()).Source);
        Assert.Equal([big, broken, small], order);
    }

    [Fact]
    public async Task Leaving_a_batch_ends_its_work_and_leaves_no_file()
    {
        string source = await WriteAsync("long.png", Picture.Sample(new ImageShape(400, 400, 3)));
        long before = FloatBuffer.Outstanding;
        var batch = new UpscaleBatch(_engine, 2, null, default);
        batch.Add(await batch.PlanAsync(new UpscaleRequest { Source = source, Model = "realesr-general-x4v3", Destination = _folder.File("out") }));
        await Task.Delay(300);
        await batch.DisposeAsync();
        Assert.Empty(Directory.Exists(_folder.File("out")) ? Directory.EnumerateFiles(_folder.File("out")) : []);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_picture_that_is_cut_off_leaves_no_result()
    {
        string whole = await WriteAsync("whole.png", Picture.Random(new ImageShape(200, 200, 3), 3));
        string cut = _folder.File("cut.png");
        File.WriteAllBytes(cut, File.ReadAllBytes(whole)[..60_000]);
        UpscalePlan plan = await _engine.PlanAsync(new UpscaleRequest { Source = cut, Stages = [Interpolation], Scale = 2 }, default);
        var error = await Assert.ThrowsAsync<UpscaleException>(() => _engine.RunAsync(plan, null, null, default));
        Assert.Equal(UpscaleErrorId.ImageCorrupt, error.ErrorId);
        Assert.Contains(cut, error.Message, StringComparison.Ordinal);
        Assert.Equal(["cut.png", "whole.png"], Directory.EnumerateFiles(_folder.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    private async Task<UpscaleResult> RunAsync(UpscaleRequest request)
        => await _engine.RunAsync(await _engine.PlanAsync(request with { Device = "Cpu" }, default), null, null, default);

    private async Task<string> WriteAsync(string name, Picture picture, Picture? alpha = null)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.FromPath(path) }, picture.Source(), alpha?.Source(), ImageMetadata.None, default);
        return path;
    }
}
