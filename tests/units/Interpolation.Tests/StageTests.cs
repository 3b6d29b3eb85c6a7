using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

public sealed class StageTests
{
    [Theory]
    [InlineData(20, 16, 3.7, 74, 59)]
    [InlineData(11, 5, 0.5, 6, 3)]
    [InlineData(7, 3, 0.01, 1, 1)]
    [InlineData(100, 50, 1.0, 100, 50)]
    public void A_scale_rounds_halves_up_and_leaves_at_least_one_pixel(int width, int height, double scale, int expectedWidth, int expectedHeight)
        => Assert.Equal(new ImageShape(expectedWidth, expectedHeight, 3), new TargetSize(scale, null, null).Apply(new ImageShape(width, height, 3)));

    [Theory]
    [InlineData(1234, null, 1234, 823)]
    [InlineData(null, 10, 15, 10)]
    [InlineData(1, null, 1, 1)]
    [InlineData(50, 60, 50, 60)]
    public void A_free_side_keeps_the_shape_of_the_picture(int? width, int? height, int expectedWidth, int expectedHeight)
        => Assert.Equal(new ImageShape(expectedWidth, expectedHeight, 1), new TargetSize(null, width, height).Apply(new ImageShape(300, 200, 1)));

    [Theory]
    [InlineData("lanczos3", null, null, null, "no size")]
    [InlineData("lanczos3", 2.0, 100L, null, "together")]
    [InlineData("lanczos3", 2.0, null, 100L, "together")]
    [InlineData("lanczos3", 0.0, null, null, "scale 0")]
    [InlineData("lanczos3", double.NaN, null, null, "scale NaN")]
    [InlineData("lanczos3", null, 0L, null, "0xany")]
    [InlineData("lanczos9", 2.0, null, null, "lanczos9")]
    public void Options_that_do_not_fit_are_refused(string kernel, double? scale, long? width, long? height, string part)
    {
        Dictionary<string, object> options = new() { ["kernel"] = kernel };
        if (scale is not null)
            options["scale"] = scale;
        if (width is not null)
            options["width"] = width;
        if (height is not null)
            options["height"] = height;
        UpscaleException error = Assert.Throws<UpscaleException>(() => new InterpolationStageFactory().Create(new StageOptions(options), new CountingServices()));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_over_the_limit_is_refused_before_any_work()
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => new TargetSize(null, null, 5000).Apply(new ImageShape(1_000_000, 2, 3)));
        Assert.Equal(UpscaleErrorId.ImageTooLarge, error.ErrorId);
    }

    [Theory]
    [InlineData("lanczos3", 2.0, 3)]
    [InlineData("lanczos3", 0.25, 12)]
    [InlineData("bicubic", 4.0, 2)]
    [InlineData("nearest", 0.5, 0)]
    public async Task The_plan_tells_size_halo_strips_and_cost(string kernel, double scale, int halo)
    {
        StagePlan plan = await PlanAsync(new ImageShape(1000, 800, 3), kernel, scale);
        Assert.Equal(new ImageShape((int)(1000 * scale), (int)(800 * scale), 3), plan.Output);
        Assert.Equal(halo, plan.Halo);
        Assert.True(plan.Operations >= 2.0 * plan.Output.Pixels * 3);
        Assert.InRange(plan.MemoryBytes, 1, 64 << 20);
    }

    [Theory]
    [InlineData(5000, 4.0)]
    [InlineData(20000, 0.25)]
    [InlineData(20000, 0.01)]
    public async Task Memory_does_not_grow_with_the_picture(int side, double scale)
    {
        StagePlan plan = await PlanAsync(new ImageShape(side, side, 3), "lanczos3", scale);
        Assert.InRange(plan.MemoryBytes, 1, 64 << 20);
        Assert.True(plan.Tiles > 1 || scale < 0.1);
    }

    [Fact]
    public async Task A_reader_that_stops_half_way_leaves_nothing_behind()
    {
        long before = FloatBuffer.Outstanding;
        PictureSource input = new(Picture.Random(new ImageShape(700, 500, 3), 1), 9);
        await using (IStripSource source = await ConnectAsync(input))
            (await source.ReadAsync(default))!.Dispose();
        Assert.True(input.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing_behind()
    {
        long before = FloatBuffer.Outstanding;
        PictureSource input = new(Picture.Random(new ImageShape(700, 500, 3), 1), 9, failingRow: 200);
        await using (IStripSource source = await ConnectAsync(input))
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                while (await source.ReadAsync(default) is { } strip)
                    strip.Dispose();
            });
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_cancelled_reader_leaves_nothing_behind()
    {
        long before = FloatBuffer.Outstanding;
        using CancellationTokenSource cancellation = new();
        PictureSource input = new(Picture.Random(new ImageShape(700, 500, 3), 1), 500);
        await using (IStripSource source = await ConnectAsync(input))
        {
            (await source.ReadAsync(cancellation.Token))!.Dispose();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await source.ReadAsync(cancellation.Token));
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public void The_declaration_fits_the_code()
    {
        using JsonDocument declaration = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestData.Root, "plugins", "Interpolation", "plugin.json")));
        Assert.Equal(ContractVersion.Major, declaration.RootElement.GetProperty("contract").GetInt32());
        JsonElement stage = declaration.RootElement.GetProperty("stages")[0];
        Type type = typeof(InterpolationStageFactory).Assembly.GetType(stage.GetProperty("type").GetString()!, throwOnError: true)!;
        Assert.IsType<IStageFactory>(Activator.CreateInstance(type), exactMatch: false);
        Dictionary<string, JsonElement> options = stage.GetProperty("options").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!);
        Assert.Equal(["kernel", "scale", "width", "height", "linearLight"], options.Keys);
        Assert.Equal(Kernel.All.Select(k => k.Name), options["kernel"].GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(Kernel.Lanczos3, Kernel.Named(options["kernel"].GetProperty("default").GetString()));
        Assert.Equal(TargetSize.LongestSide, options["width"].GetProperty("maximum").GetInt32());
        Assert.Equal(TargetSize.LongestSide, options["height"].GetProperty("maximum").GetInt32());
    }

    private static async Task<StagePlan> PlanAsync(ImageShape input, string kernel, double scale)
    {
        await using IStage stage = Create(kernel, scale);
        return await stage.PlanAsync(input, default);
    }

    private static async Task<IStripSource> ConnectAsync(PictureSource input)
    {
        await using IStage stage = Create("lanczos3", 3);
        await stage.PlanAsync(input.Shape, default);
        return stage.Connect(input);
    }

    private static IStage Create(string kernel, double scale)
        => new InterpolationStageFactory().Create(new StageOptions(new Dictionary<string, object> { ["kernel"] = kernel, ["scale"] = scale }), new CountingServices());
}
