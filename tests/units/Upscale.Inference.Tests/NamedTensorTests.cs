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

    [Fact]
    public async Task Too_large_is_a_value_for_a_component_and_a_smaller_run_goes_on()
    {
        using SessionPool pool = new(new SessionPoolOptions { BeforeNamedRun = (card, inputs) => card.Id == "x2_nchw_f32/net" && inputs[0].Shape[3] > 8 ? new OutOfMemoryException() : null });
        await using IModelLease lease = await LeaseAsync(pool, "x2_nchw_f32");
        Assert.Equal(RunOutcome.TooLarge, await RunAsync(lease, 16));
        Assert.Equal(RunOutcome.Done, await RunAsync(lease, 8));
        Assert.Equal(1, Assert.Single(pool.Sessions).Runs);
    }

    [Fact]
    public async Task Another_failure_of_a_component_is_an_error_with_its_name_and_the_device()
    {
        using SessionPool pool = new(new SessionPoolOptions { BeforeNamedRun = (_, _) => new InvalidOperationException("[ErrorCode:Fail] CUDA failure 700: an illegal memory access was encountered") });
        await using IModelLease lease = await LeaseAsync(pool, "x2_nchw_f32");
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await RunAsync(lease, 8));
        Assert.Equal(UpscaleErrorId.ModelFailed, error.ErrorId);
        Assert.Equal("The network 'x2_nchw_f32/net' failed on Cpu: CUDA failure 700: an illegal memory access was encountered", error.Message);
    }

    [Fact]
    public async Task A_result_of_a_component_that_is_not_finite_is_an_error_that_names_the_tensor()
    {
        using SessionPool pool = new();
        await using IModelLease lease = await LeaseAsync(pool, "x2_nan_above_0_8");
        Assert.Equal(RunOutcome.Done, await RunAsync(lease, 8, 0.5f));
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await RunAsync(lease, 8, 0.9f));
        Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
        Assert.Contains("'x2_nan_above_0_8/net' on Cpu has values that are not finite in 'output'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_takes_no_picture()
    {
        using SessionPool pool = new();
        await using IModelLease lease = await LeaseAsync(pool, "x2_nchw_f32");
        using Tile input = Goldens.Picture(8, 8), output = new(16, 16, 3);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await lease.RunAsync(input, output, default));
    }

    public void Dispose() => _pool.Dispose();

    private static async Task<IModelLease> LeaseAsync(SessionPool pool, string name)
    {
        IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), new ModelCatalog([]));
        return await models.LeaseAsync(Parts(await models.DescribeAsync(OnnxCase.All.First(c => c.Name == name).Path, default)), "net", default);
    }

    private static async Task<RunOutcome> RunAsync(IModelLease lease, int size, float value = 0.5f)
    {
        float[] input = new float[3 * size * size];
        Array.Fill(input, value);
        return await lease.RunAsync([new NamedTensor("input", [1, 3, size, size], input)], [new NamedTensor("output", [1, 3, 2 * size, 2 * size], new float[4 * input.Length])], default);
    }

    private static ModelCard Parts(ModelCard card) => card with { Kind = ModelKind.Diffusion, Components = [new ModelComponent("net", card.Path, card.Sha256)] };

    private IModelPool On() => _pool.On(_pool.Devices.Resolve("Cpu"), new ModelCatalog([]));
}
