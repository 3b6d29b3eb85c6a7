namespace Upscale.Inference.Tests;

/// <summary>Graphs run on tensors that are named one by one.</summary>
public sealed class NamedTensorTests : IDisposable
{
    private readonly SessionPool _pool = new();

    /// <summary>Each has one input and one output, in the types that the names say.</summary>
    [Theory]
    [InlineData("x2_nchw_f32")]
    [InlineData("x4_fp16_io")]
    public async Task A_graph_gives_the_recorded_output_whatever_its_number_type(string name)
    {
        OnnxCase golden = OnnxCase.All.First(c => c.Name == name);
        IModelPool pool = On();
        ModelCard card = await pool.DescribeAsync(golden.Path, default);
        float[] expected = golden.Output(card.Format.Output).ToFloats();
        float[] actual = new float[expected.Length];
        await using IModelLease lease = await pool.LeaseAsync(Parts(card), "net", default);
        RunOutcome outcome = await lease.RunAsync(
            [new NamedTensor(card.Format.Input, golden.Input.Shape, golden.Input.ToFloats())],
            [new NamedTensor(card.Format.Output, golden.Output(card.Format.Output).Shape, actual)],
            default);
        Assert.Equal(RunOutcome.Done, outcome);
        Assert.True(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() <= 2e-3f);
    }

    [Fact]
    public async Task A_name_that_the_graph_does_not_have_is_refused_with_those_it_has()
    {
        OnnxCase golden = OnnxCase.All.First(c => c.Name == "x2_nchw_f32");
        IModelPool pool = On();
        ModelCard card = await pool.DescribeAsync(golden.Path, default);
        await using IModelLease lease = await pool.LeaseAsync(Parts(card), "net", default);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync([new NamedTensor("nothing", [1], new float[1])], [], default));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Contains($"'{card.Format.Input}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_that_is_not_there_is_refused()
    {
        IModelPool pool = On();
        ModelCard card = await pool.DescribeAsync(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, default);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await pool.LeaseAsync(Parts(card), "unet", default));
        Assert.Contains("'unet'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_that_does_not_fit_the_numbers_is_refused()
        => Assert.Throws<ArgumentException>(() => new NamedTensor("x", [2, 3], new float[5]));

    [Fact]
    public async Task Components_are_sessions_under_the_name_of_their_network_and_go_with_it()
    {
        IModelPool pool = On();
        ModelCard card = Parts(await pool.DescribeAsync(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, default));
        await using (await pool.LeaseAsync(card, "net", default))
        {
        }

        Assert.Equal($"{card.Id}/net", Assert.Single(_pool.Sessions).Model);
        Assert.Equal(1, _pool.Clear(card.Id));
        Assert.Empty(_pool.Sessions);
    }

    public void Dispose() => _pool.Dispose();

    private static ModelCard Parts(ModelCard card) => card with { Kind = ModelKind.Diffusion, Components = [new ModelComponent("net", card.Path, card.Sha256)] };

    private IModelPool On() => _pool.On(_pool.Devices.Resolve("Cpu"), new ModelCatalog([]));
}
