using Upscale.Testing;

namespace Upscale.Gan.Tests;

public sealed class GanStageTests
{
    private readonly Picture _colour = Picture.Sample(new ImageShape(30, 20, 3));
    private readonly Picture _gray = Picture.Sample(new ImageShape(30, 20, 1));

    [Theory]
    [InlineData(4, null, null, null, 120, 80, 1)]
    [InlineData(4, 4.0, null, null, 120, 80, 1)]
    [InlineData(4, 2.0, null, null, 60, 40, 1)]
    [InlineData(4, 8.0, null, null, 240, 160, 2)]
    [InlineData(2, 4.0, null, null, 120, 80, 2)]
    [InlineData(2, 3.0, null, null, 90, 60, 2)]
    [InlineData(2, null, 100, null, 100, 67, 2)]
    [InlineData(2, null, 31, 500, 31, 500, 5)]
    [InlineData(4, 0.5, null, null, 15, 10, 1)]
    [InlineData(1, null, null, null, 30, 20, 1)]
    public async Task The_network_is_applied_as_often_as_needed_and_the_size_is_exact(int networkScale, double? scale, int? width, int? height, int outWidth, int outHeight, int passes)
    {
        (StagePlan plan, Picture result, FakePool pool, FakeServices services) = await RunAsync(FakePool.Card(networkScale), _colour, (_, v) => v, scale, width, height);
        Assert.Equal(new ImageShape(outWidth, outHeight, 3), plan.Output);
        Assert.Equal(plan.Output, result.Shape);
        Assert.Equal(passes, plan.Models.Count);
        Assert.Equal(services.TilesReported, pool.Runs);
        Assert.True(pool.Runs >= passes);
        Assert.Equal(0, pool.OpenLeases);
        Assert.Equal("Fake:0", plan.Device);
    }

    [Fact]
    public async Task A_network_that_does_not_enlarge_says_so_when_a_size_was_asked_for()
    {
        (StagePlan plan, Picture result, _, _) = await RunAsync(FakePool.Card(1), _colour, (_, v) => v, 3, null, null);
        Assert.Equal(new ImageShape(90, 60, 3), result.Shape);
        Assert.Contains(plan.Warnings, w => w.Contains("does not enlarge", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gray_picture_stays_gray_through_a_colour_network_that_tints()
    {
        (StagePlan plan, Picture result, _, _) = await RunAsync(FakePool.Card(2), _gray, (c, v) => v + ((c - 1) * 0.1f), null, null, null);
        Assert.Equal(1, plan.Output.Channels);
        Assert.Equal(0, Repeat(_gray, 2).Difference(result), 1e-6f);
    }

    [Fact]
    public async Task A_luma_network_changes_luma_and_leaves_the_hue()
    {
        (_, Picture result, _, _) = await RunAsync(FakePool.Card(2, channels: 1), _colour, (_, v) => v + 0.1f, null, null, null);
        Picture interpolated = Repeat(_colour, 2);
        for (int c = 0; c < 3; c++)
            Assert.Equal(interpolated[c, 17, 23] + 0.1f, result[c, 17, 23], 1e-5f);
    }

    [Fact]
    public async Task A_network_with_alpha_gets_an_opaque_plane()
    {
        float seen = 0;
        (_, Picture result, _, _) = await RunAsync(FakePool.Card(2, channels: 4), _colour, (c, v) => c == 3 ? seen = v : v, null, null, null);
        Assert.Equal(1, seen);
        Assert.Equal(0, Repeat(_colour, 2).Difference(result));
    }

    [Fact]
    public async Task Sizes_that_the_network_does_not_take_are_padded()
    {
        (_, Picture result, _, _) = await RunAsync(FakePool.Card(2, multiple: 16), _colour, (_, v) => v, null, null, null);
        Assert.Equal(0, Repeat(_colour, 2).Difference(result));
    }

    [Fact]
    public async Task Nothing_is_leaked()
    {
        long before = FloatBuffer.Outstanding;
        await RunAsync(FakePool.Card(2, channels: 1), _colour, (_, v) => v, 3, null, null);
        await RunAsync(FakePool.Card(2), _gray, (_, v) => v, 3, null, null);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    private static Picture Repeat(Picture picture, int scale)
        => Picture.Make(new ImageShape(picture.Shape.Width * scale, picture.Shape.Height * scale, picture.Shape.Channels), (c, y, x) => picture[c, y / scale, x / scale]);

    private static async Task<(StagePlan Plan, Picture Result, FakePool Pool, FakeServices Services)> RunAsync(
        ModelCard card, Picture input, Func<int, float, float> value, double? scale, int? width, int? height)
    {
        var pool = new FakePool(card, value);
        var services = new FakeServices { Models = pool, StageMaker = (id, options) => new FakeResize(options) };
        var options = new Dictionary<string, object> { ["model"] = "net" };
        if (scale is not null)
            options["scale"] = scale;
        if (width is not null)
            options["width"] = (long)width;
        if (height is not null)
            options["height"] = (long)height;
        await using IStage stage = new GanStageFactory().Create(new StageOptions(options), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        Picture result = await Picture.ReadAsync(stage.Connect(input.Source(7)));
        return (plan, result, pool, services);
    }
}
