using Upscale.Pipelines;
using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>A picture in tiles is the picture as a whole.</summary>
public sealed class SeamTests(Engine engine) : IClassFixture<Engine>
{
    public static TheoryData<string> Networks => new(new Inference.ModelCatalog([Path.Combine(TestData.Root, "models")]).Cards.Where(c => c.Kind == ModelKind.FeedForward && !c.GlobalPooling).Select(c => c.Id));

    public static TheoryData<string> PoolingNetworks => new(new Inference.ModelCatalog([Path.Combine(TestData.Root, "models")]).Cards.Where(c => c.GlobalPooling).Select(c => c.Id));

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task Tiled_equals_whole(string network)
    {
        (Picture tiled, Picture whole) = await BothAsync(network);
        Assert.True(tiled.Difference(whole) <= 1e-4f, $"The largest difference is {tiled.Difference(whole)}.");
    }

    [Theory]
    [MemberData(nameof(PoolingNetworks))]
    public async Task Tiled_is_close_to_the_whole_for_networks_that_average_over_the_picture(string network)
    {
        (Picture tiled, Picture whole) = await BothAsync(network);
        Assert.True(tiled.Psnr8(whole) > 40, $"{tiled.Psnr8(whole):0.0} dB");
    }

    [Theory]
    [MemberData(nameof(PoolingNetworks))]
    public async Task A_network_that_averages_over_the_picture_gets_it_whole_when_memory_allows(string network)
    {
        UpscalePlan plan = await engine.Upscale.PlanAsync(new UpscaleRequest { Source = TestData.Image("truth", "chelsea.png"), Model = network, Device = "Cpu" }, default);
        Assert.Equal(1, plan.Tiles);
    }

    private async Task<(Picture Tiled, Picture Whole)> BothAsync(string network)
    {
        ModelCard card = engine.Upscale.Models.Single(m => m.Id == network);
        int tile = (2 * card.Halo) + 48;
        Picture truth = await Engine.ReadAsync(TestData.Image("truth", "astronaut.png"));
        int width = tile + 24, height = tile + 20;
        Picture input = Picture.Make(new ImageShape(width, height, 3), (c, y, x) => truth[c, y + 60, x + 120]);
        Picture tiled = await engine.Upscale.StageAsync(network, input, tile);
        Picture whole = await engine.Upscale.StageAsync(network, input, null);
        return (tiled, whole);
    }
}
