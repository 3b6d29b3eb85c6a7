using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>Networks computed by the kernels of this program give what ONNX Runtime gives, or are left to it.</summary>
public sealed class NativeEngineTests
{
    private static readonly ModelCatalog s_catalog = new([Path.Combine(TestData.Root, "models")]);

    public static TheoryData<string> Bundled => new(s_catalog.Cards.Where(c => c.Kind == ModelKind.FeedForward).Select(c => c.Id));

    public static TheoryData<string> Diffusion => new(s_catalog.Cards.Where(c => c.Components.Any(p => p.Name == "unet")).Select(c => c.Id));

    [Theory]
    [MemberData(nameof(Bundled))]
    public async Task A_bundled_network_gives_the_same_picture_at_every_size_and_says_who_made_it(string id)
    {
        using SessionPool ours = new(new SessionPoolOptions { Engine = InferenceEngine.Native, Threads = 3 }), theirs = new();
        List<string> warnings = [];
        IModelPool pool = ours.On(ours.Devices.Resolve("Cpu"), s_catalog, warn: warnings.Add), reference = theirs.On(theirs.Devices.Resolve("Cpu"), s_catalog);
        ModelCard card = await pool.DescribeAsync(id, default);
        foreach ((int width, int height) in new[] { (48, 40), (48, 40), (64, 44), (36, 68) })
        {
            if (!card.AcceptsSize(width, height))
                continue;
            using Tile input = Goldens.Picture(width, height, card.Channels, seed: width);
            using Tile expected = await Goldens.RunAsync(reference, card, input), actual = await Goldens.RunAsync(pool, card, input);
            Assert.InRange(Goldens.LargestDifference(expected, actual), 0, 2e-4);
        }

        Assert.Empty(warnings);
        Assert.Equal("Native", Assert.Single(ours.Sessions).Engine);
        Assert.Equal("OnnxRuntime", Assert.Single(theirs.Sessions).Engine);
    }

    [Theory]
    [MemberData(nameof(Diffusion))]
    public async Task A_denoiser_gives_the_same_at_every_time_step(string id)
    {
        using SessionPool ours = new(new SessionPoolOptions { Engine = InferenceEngine.Native, Threads = 2 }), theirs = new();
        ModelCard card = await ours.On(ours.Devices.Resolve("Cpu"), s_catalog).DescribeAsync(id, default);
        ModelComponent unet = card.Components.Single(c => c.Name == "unet");
        foreach (long time in new[] { 1L, 2, 1, 4 })
        {
            float[][] results = [.. await Task.WhenAll(new[] { ours, theirs }.Select(p => Denoise(p, card, unet, time)))];
            float range = results[1].Max(MathF.Abs);
            Assert.InRange(results[0].Zip(results[1], (a, b) => MathF.Abs(a - b)).Max(), 0, 1e-4f * Math.Max(1, range));
        }

        Assert.Equal("Native", Assert.Single(ours.Sessions).Engine);
    }

    [Fact]
    public async Task A_wrong_result_is_noticed_and_told_and_left_to_the_runtime()
    {
        using SessionPool ours = new(new SessionPoolOptions { Engine = InferenceEngine.Native, NativeError = 0.01f }), theirs = new();
        List<string> warnings = [];
        IModelPool pool = ours.On(ours.Devices.Resolve("Cpu"), s_catalog, warn: warnings.Add);
        ModelCard card = await pool.DescribeAsync("realesr-animevideov3-x4", default);
        using Tile input = Goldens.Picture(24, 20);
        using Tile expected = await Goldens.RunAsync(theirs.On(theirs.Devices.Resolve("Cpu"), s_catalog), card, input);
        for (int run = 0; run < 2; run++)
        {
            using Tile actual = await Goldens.RunAsync(pool, card, input);
            Assert.Equal(0, Goldens.LargestDifference(expected, actual));
        }

        Assert.Contains("realesr-animevideov3-x4", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal("OnnxRuntime", Assert.Single(ours.Sessions).Engine);
    }

    [Fact]
    public async Task A_network_with_an_operator_that_is_not_covered_is_refused_when_the_kernels_are_asked_for_and_runs_as_before_when_not()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string path = Path.Combine(folder, "sine.onnx");
            await File.WriteAllBytesAsync(path, OnnxBytes.Model(
                OnnxBytes.Node("Sin", ["x"], ["y"]), OnnxBytes.Input("x", OnnxBytes.F32, 1, 3, -1, -1), OnnxBytes.Output("y", OnnxBytes.F32, 1, 3, -1, -1)));
            using SessionPool ours = new();
            DeviceInfo cpu = ours.Devices.Resolve("Cpu");
            EngineMemory memory = new(null);
            UpscaleException refusal = await Assert.ThrowsAsync<UpscaleException>(
                async () => await ours.On(cpu, s_catalog, engines: new EngineUse(InferenceEngine.Native, memory)).DescribeAsync(path, default));
            Assert.Equal(UpscaleErrorId.EngineNotAvailable, refusal.ErrorId);
            Assert.Contains("Sin", refusal.Message, StringComparison.Ordinal);

            List<InferenceEngine> used = [];
            IModelPool pool = ours.On(cpu, s_catalog, engines: new EngineUse(InferenceEngine.Auto, memory, used.Add));
            ModelCard card = await pool.DescribeAsync(path, default);
            using Tile input = Goldens.Picture(24, 20), output = await Goldens.RunAsync(pool, card, input);
            Assert.Equal(MathF.Sin(input.Data.Span[100]), output.Data.Span[100], 1e-6f);
            Assert.Equal("OnnxRuntime", Assert.Single(ours.Sessions).Engine);
            Assert.Equal([InferenceEngine.OnnxRuntime], used);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_kernels_do_not_run_on_a_card()
    {
        using SessionPool pool = new();
        DeviceInfo card = new() { Name = "Cuda:0", Kind = DeviceKind.Cuda, Description = "a card", Usable = true };
        UpscaleException refusal = Assert.Throws<UpscaleException>(() => pool.On(card, s_catalog, engines: new EngineUse(InferenceEngine.Native, new EngineMemory(null))));
        Assert.Equal(UpscaleErrorId.EngineNotAvailable, refusal.ErrorId);
        _ = pool.On(card, s_catalog, engines: new EngineUse(InferenceEngine.Auto, new EngineMemory(null)));
    }

    [Fact]
    public async Task The_number_of_threads_changes_no_bit_of_a_picture()
    {
        float[]? first = null;
        using Tile input = Goldens.Picture(70, 52);
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using SessionPool pool = new(new SessionPoolOptions { Engine = InferenceEngine.Native, Threads = threads });
            IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), s_catalog);
            using Tile output = await Goldens.RunAsync(models, await models.DescribeAsync("realcugan-se-up2x-conservative", default), input);
            first ??= output.Data.ToArray();
            Assert.Equal(first, output.Data.ToArray());
        }
    }

    [Fact]
    public async Task Every_recorded_architecture_gives_its_recorded_picture_by_either_engine()
    {
        using SessionPool pool = new();
        DeviceInfo cpu = pool.Devices.Resolve("Cpu");
        EngineMemory memory = new(null);
        IModelPool theirs = pool.On(cpu, s_catalog), ours = pool.On(cpu, s_catalog, engines: new EngineUse(InferenceEngine.Native, memory));
        HashSet<bool> covered = [];
        foreach (string path in TestData.ReferenceFolders("architectures").SelectMany(f => Directory.EnumerateFiles(f, "*.onnx")))
        {
            ModelCard card = await theirs.DescribeAsync(path, default);
            using Tile input = Goldens.ToTile(NpyFile.Read(Path.ChangeExtension(path, ".in.npy")), 0, planar: true, bgr: false, white: 1);
            using Tile expected = Goldens.ToTile(NpyFile.Read(Path.ChangeExtension(path, ".out.npy")), 0, planar: true, bgr: false, white: 1);
            double largest = expected.Data.ToArray().Max(Math.Abs);
            IModelPool? native = ours;
            try
            {
                await ours.DescribeAsync(path, default);
            }
            catch (UpscaleException e) when (e.ErrorId == UpscaleErrorId.EngineNotAvailable)
            {
                native = null;
            }

            covered.Add(native is not null);
            foreach (IModelPool models in native is null ? [theirs] : new[] { theirs, native })
            {
                using Tile output = await Goldens.RunAsync(models, card, input);
                Assert.InRange(Goldens.LargestDifference(output, expected), 0, 2e-4 * largest);
            }
        }

        // The recorded ones are of both kinds.
        Assert.Equal([false, true], covered.Order());
    }

    private static async Task<float[]> Denoise(SessionPool pool, ModelCard card, ModelComponent unet, long time)
    {
        const int Size = 32;
        List<NamedTensor> inputs = [];
        var random = new Random(7);
        foreach (TensorInfo input in unet.Inputs)
        {
            if (input.Dimensions.Count < 4)
            {
                inputs.Add(new NamedTensor(input.Name, input.Dimensions.Count == 0 ? [] : [1], new[] { time }));
                continue;
            }

            int size = input.Name == "sample" && card.Id.StartsWith("latent", StringComparison.Ordinal) is false ? Size * 4 : Size;
            inputs.Add(new NamedTensor(input.Name, [1, input.Dimensions[1], size, size], Enumerable.Range(0, input.Dimensions[1] * size * size).Select(_ => random.NextSingle()).ToArray()));
        }

        NamedTensor sample = inputs.Single(i => i.Name == "sample");
        float[] result = new float[sample.Floats.Length];
        await using IModelLease lease = await pool.On(pool.Devices.Resolve("Cpu"), s_catalog).LeaseAsync(card, "unet", default);
        Assert.Equal(RunOutcome.Done, await lease.RunAsync(inputs, [new NamedTensor(unet.Outputs[0].Name, sample.Shape, result)], default));
        return result;
    }
}
