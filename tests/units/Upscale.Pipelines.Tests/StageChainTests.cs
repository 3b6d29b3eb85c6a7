using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class StageChainTests
{
    private const long Prefetch = 1 << 20;

    private static readonly LatentSpace s_space = new("space", 4, 8, 0.18215);

    private readonly Picture _picture = Picture.Make(new ImageShape(33, 21, 3), (_, _, _) => 5);

    public static TheoryData<LatentSpace> OtherSpaces =>
        new(s_space with { Id = "other" }, s_space with { ScalingFactor = 0.13025 }, s_space with { Channels = 16 }, s_space with { Factor = 4 });

    [Fact]
    public async Task Neighbours_that_share_a_space_hand_latents_on_and_the_ends_are_pictures()
    {
        var first = new FakeLatentStage(s_space, s_space, scale: 2);
        var second = new FakeLatentStage(s_space with { }, s_space);
        (Picture result, List<string> log) = await RunAsync(first, second);
        Assert.Equal(((false, true), (true, false)), (first.Links, second.Links));
        Assert.Equal((_picture.Shape, new ImageShape(9, 6, 4)), (first.Connected, second.Connected));
        Assert.Equal(new ImageShape(66, 42, 3), result.Shape);
        Assert.All(result.Data, v => Assert.Equal(7, v));
        Assert.Contains("9x6x4", Assert.Single(log), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OtherSpaces))]
    public async Task Neighbours_of_different_spaces_hand_a_picture_on(LatentSpace other)
    {
        var first = new FakeLatentStage(s_space, s_space, scale: 2);
        var second = new FakeLatentStage(other, other);
        (Picture result, List<string> log) = await RunAsync(first, second);
        Assert.Equal((null, null), (first.Links, second.Links));
        Assert.Equal(new ImageShape(66, 42, 3), second.Connected);
        Assert.All(result.Data, v => Assert.Equal(7, v));
        Assert.Contains("picture", Assert.Single(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_latent_stage_between_others_takes_and_gives_pictures()
    {
        var latent = new FakeLatentStage(s_space, s_space);
        (Picture result, List<string> log) = await RunAsync(new FakeStage(), latent, new FakeStage());
        Assert.Null(latent.Links);
        Assert.Empty(log);
        Assert.All(result.Data, v => Assert.Equal(8, v));
    }

    [Fact]
    public async Task A_stage_that_only_gives_latents_is_not_given_any()
    {
        var first = new FakeLatentStage(null, s_space);
        var second = new FakeLatentStage(null, s_space);
        await RunAsync(first, second);
        Assert.Equal((null, null), (first.Links, second.Links));
    }

    [Fact]
    public async Task Three_in_a_row_stay_in_latent_space()
    {
        FakeLatentStage[] stages = [new(s_space, s_space), new(s_space, s_space, scale: 3), new(s_space, s_space)];
        (Picture result, List<string> log) = await RunAsync(stages);
        Assert.Equal([(false, true), (true, true), (true, false)], stages.Select(s => s.Links!.Value));
        Assert.Equal([_picture.Shape, new ImageShape(5, 3, 4), new ImageShape(13, 8, 4)], stages.Select(s => s.Connected!.Value));
        Assert.Equal(new ImageShape(99, 63, 3), result.Shape);
        Assert.Equal(2, log.Count);
    }

    [Fact]
    public async Task Latents_of_another_size_than_promised_name_the_stage()
    {
        var error = await Assert.ThrowsAsync<UpscaleException>(() => RunAsync(new FakeLatentStage(s_space, s_space) { RowsTooMany = 1 }, new FakeLatentStage(s_space, s_space)));
        Assert.Equal(UpscaleErrorId.StageFailed, error.ErrorId);
        Assert.Contains("'0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_stage_that_wants_it_gets_the_picture_that_came_in()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(20, 300, 3));
        var stage = new FakeConditionedStage(true);
        (Picture result, List<string> log) = await RunAsync(picture, new FakeEnlargement(2), stage);
        Assert.Equal([picture.Shape], stage.Asked);
        Assert.Null(stage.Connected);
        Assert.Equal(0, result.Difference(Picture.Make(new ImageShape(40, 600, 3), (c, y, x) => 2 * picture[c, y / 2, x / 2])));
        Assert.Contains("20x300x3", Assert.Single(log), StringComparison.Ordinal);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Several_stages_get_the_picture_that_came_in()
    {
        Picture picture = Picture.Sample(new ImageShape(20, 300, 3));
        (Picture result, _) = await RunAsync(picture, new FakeEnlargement(2), new FakeConditionedStage(true), new FakeEnlargement(2), new FakeConditionedStage(true));
        Picture expected = Picture.Make(new ImageShape(80, 1200, 3), (c, y, x) => 3 * picture[c, y / 4, x / 4]);
        Assert.True(result.Difference(expected) < 1e-6f);
    }

    [Fact]
    public async Task The_first_stage_is_not_asked_and_one_that_does_not_want_it_is_connected_as_others()
    {
        var first = new FakeConditionedStage(true);
        var second = new FakeConditionedStage(false);
        (Picture result, _) = await RunAsync(first, second);
        Assert.Empty(first.Asked);
        Assert.Single(second.Asked);
        Assert.All(result.Data, v => Assert.Equal(7, v));
    }

    [Fact]
    public async Task Only_a_few_rows_of_the_original_wait_for_the_later_stage()
    {
        const int Capacity = 10_000;
        const int RowBytes = 8 * 3 * sizeof(float);
        Picture picture = Picture.Sample(new ImageShape(8, 20_000, 3));
        ArraySource source = picture.Source(10);
        await using StageChain chain = await MakeAsync(picture.Shape, [], new FakeEnlargement(1), new FakeConditionedStage(true));
        await using IStripSource result = chain.Connect(source, Capacity);
        while (await result.ReadAsync(default) is { } strip)
        {
            using (strip)
            {
                // What may wait before and behind each of the stages, and a strip on the way in each place.
                Assert.InRange(source.RowsRead - strip.Bottom, 0, 3 * ((Capacity / RowBytes) + 20));
            }
        }
    }

    [Fact]
    public async Task Leaving_half_way_frees_what_waited()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(8, 2000, 3));
        ArraySource source = picture.Source(10);
        await using StageChain chain = await MakeAsync(picture.Shape, [], new FakeEnlargement(2), new FakeConditionedStage(true), new FakeConditionedStage(true));
        await using (IStripSource result = chain.Connect(source, 10_000))
            (await result.ReadAsync(default))!.Dispose();
        Assert.True(source.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Behind_a_stage_that_crops_the_picture_that_came_in_is_cropped_alike()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(20, 40, 3));
        var cut = new FakeCut(new ImageRegion(8, 4, 20, 40));
        var stage = new FakeConditionedStage(true);
        (Picture result, _) = await RunAsync(picture, new FakeEnlargement(2), cut, new FakeEnlargement(3), stage);
        Assert.Equal([new ImageShape(10, 20, 3)], stage.Asked);
        Assert.Equal(0, result.Difference(Picture.Make(new ImageShape(60, 120, 3), (c, y, x) => 2 * picture[c, 2 + (y / 6), 4 + (x / 6)])));
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Crops_add_up_and_are_told_in_pixels_of_what_came_in()
    {
        await using StageChain chain = await MakeAsync(
            new ImageShape(20, 40, 3), [], new FakeEnlargement(2), new FakeCut(new ImageRegion(8, 4, 20, 40)), new FakeEnlargement(4), new FakeCut(new ImageRegion(3, 5, 40, 16)));
        Assert.Equal(new ImageRegion(4.375, 2.625, 5, 2), chain.Region);
        await using StageChain whole = await MakeAsync(new ImageShape(20, 40, 3), [], new FakeEnlargement(2));
        Assert.Null(whole.Region);
    }

    private Task<(Picture Result, List<string> Log)> RunAsync(params IStage[] stages) => RunAsync(_picture, stages);

    private static async Task<(Picture Result, List<string> Log)> RunAsync(Picture picture, params IStage[] stages)
    {
        var log = new List<string>();
        await using StageChain chain = await MakeAsync(picture.Shape, log, stages);
        return (await Picture.ReadAsync(chain.Connect(picture.Source(7), Prefetch)), log);
    }

    /// <summary>The stages are named by their numbers.</summary>
    private static Task<StageChain> MakeAsync(ImageShape input, List<string> log, params IStage[] stages)
    {
        FakeServices services = null!;
        services = new FakeServices
        {
            StageMaker = (id, options) => id == "resize" ? FakeCut.Of(options) : new GuardedStage(stages[int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)], new StageGuard(new StageOrigin(id, "Fake", ""), null, services)),
            Logger = log.Add,
        };
        return StageChain.FromSpecsAsync(Enumerable.Range(0, stages.Length).Select(i => new StageSpec($"{i}")), input, services, default);
    }
}
