using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

public sealed class StageTests
{
    [Theory]
    [InlineData("lanczos3", null, null, null, "no size")]
    [InlineData("lanczos3", 2.0, 100L, null, "together")]
    [InlineData("lanczos3", 2.0, null, 100L, "together")]
    [InlineData("lanczos3", 0.0, null, null, "scale 0")]
    [InlineData("lanczos3", double.NaN, null, null, "scale NaN")]
    [InlineData("lanczos3", null, 0L, null, "0xany")]
    [InlineData("lanczos9", 2.0, null, null, "lanczos9")]
    public async Task Options_that_do_not_fit_are_refused(string kernel, double? scale, long? width, long? height, string part)
    {
        Dictionary<string, object> options = new() { ["kernel"] = kernel };
        if (scale is not null)
            options["scale"] = scale;
        if (width is not null)
            options["width"] = width;
        if (height is not null)
            options["height"] = height;
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(
            async () => await new InterpolationStageFactory().Create(new StageOptions(options), new FakeServices()).PlanAsync(new ImageShape(30, 20, 3), default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
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
        ArraySource input = Picture.Random(new ImageShape(700, 500, 3), 1).Source(9);
        await using (IStripSource source = await ConnectAsync(input))
            (await source.ReadAsync(default))!.Dispose();
        Assert.True(input.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing_behind()
    {
        long before = FloatBuffer.Outstanding;
        ArraySource input = new(Picture.Random(new ImageShape(700, 500, 3), 1), [9]) { Fault = (200, new IOException("The disk is gone.")) };
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
        ArraySource input = Picture.Random(new ImageShape(700, 500, 3), 1).Source(500);
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

    private static async Task<IStripSource> ConnectAsync(ArraySource input)
    {
        await using IStage stage = Create("lanczos3", 3);
        await stage.PlanAsync(input.Shape, default);
        return stage.Connect(input);
    }

    private static IStage Create(string kernel, double scale)
        => new InterpolationStageFactory().Create(new StageOptions(new Dictionary<string, object> { ["kernel"] = kernel, ["scale"] = scale }), new FakeServices());
}
