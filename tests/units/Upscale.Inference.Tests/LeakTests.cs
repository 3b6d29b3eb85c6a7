namespace Upscale.Inference.Tests;

[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class LeakCollection;

[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    [Theory]
    [InlineData("x2_uint8_nhwc")]
    [InlineData("x2_nchw_f32")]
    [InlineData("x2_fixed_batch4")]
    public async Task Buffers_of_trials_and_runs_are_given_back(string name)
    {
        long before = FloatBuffer.Outstanding;
        using SessionPool pool = new();
        IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), new ModelCatalog([]));
        ModelCard card = await models.DescribeAsync(OnnxCase.All.First(c => c.Name == name).Path, CancellationToken.None);
        using (Tile input = Goldens.Picture(8, 8))
            (await Goldens.RunAsync(models, card, input)).Dispose();
        Assert.Equal(before, FloatBuffer.Outstanding);
    }
}
