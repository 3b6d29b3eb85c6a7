using Upscale.Testing;

namespace Upscale.Gan.Tests;

public sealed class DenoiseStageTests
{
    private readonly Picture _colour = Picture.Sample(new ImageShape(30, 20, 3));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    public async Task The_amount_mixes_the_network_with_the_picture(int pictureChannels, int networkChannels)
    {
        Picture input = Picture.Sample(new ImageShape(30, 20, pictureChannels));
        foreach (double amount in (double[])[1, 0.25])
        {
            (Picture result, FakePool pool, _) = await RunAsync(FakePool.Card(1, networkChannels), input, (_, v) => v + 0.4f, amount);
            Assert.InRange(Picture.Make(input.Shape, (c, y, x) => input[c, y, x] + (float)(0.4 * amount)).Difference(result), 0, 2e-6f);
            Assert.True(pool.Runs > 0);
            Assert.Equal(0, pool.OpenLeases);
        }
    }

    [Fact]
    public async Task A_network_that_eats_a_border_is_mixed_at_the_same_place()
    {
        ModelCard card = FakePool.Card(1) with { Border = 3 };
        (Picture result, _, _) = await RunAsync(card, _colour, (_, v) => v, 0.5);
        Assert.InRange(_colour.Difference(result), 0, 1e-6f);
    }

    [Fact]
    public async Task Amount_0_runs_nothing()
    {
        (Picture result, FakePool pool, StagePlan plan) = await RunAsync(FakePool.Card(1), _colour, (_, v) => v + 0.4f, 0);
        Assert.Equal(0, _colour.Difference(result));
        Assert.Equal(0, pool.Runs);
        Assert.Empty(plan.Models);
    }

    [Fact]
    public async Task A_network_that_enlarges_is_refused()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RunAsync(FakePool.Card(2), _colour, (_, v) => v, 1));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("enlarges by 2", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(Picture Result, FakePool Pool, StagePlan Plan)> RunAsync(ModelCard card, Picture input, Func<int, float, float> value, double amount)
    {
        long before = FloatBuffer.Outstanding;
        var pool = new FakePool(card, value);
        var services = new FakeServices { Models = pool, StageMaker = (_, options) => new FakeResize(options) };
        StagePlan plan;
        Picture result;
        await using (IStage stage = new DenoiseStageFactory().Create(new StageOptions(new Dictionary<string, object> { ["model"] = "net", ["amount"] = amount }), services))
        {
            plan = await stage.PlanAsync(input.Shape, default);
            result = await Picture.ReadAsync(stage.Connect(input.Source(7)));
        }

        Assert.Equal(input.Shape, plan.Output);
        Assert.Equal(before, FloatBuffer.Outstanding);
        return (result, pool, plan);
    }
}
