using Microsoft.ML.OnnxRuntime;
using Upscale.Testing;
using static Upscale.Inference.Tests.OnnxBytes;

namespace Upscale.Inference.Tests;

/// <summary>Networks that compute in float16, and what becomes of those that overflow.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    /// <summary>The largest number of float16 is 65504.</summary>
    private const float TooMuch = 1e6f;

    /// <summary>All ways in which float16 numbers and types stand in ONNX files; each network multiplies by 1.5 and by 2.</summary>
    private static readonly Dictionary<string, byte[][]> s_forms = new()
    {
        ["raw"] = [.. Factors("w", "v"), Initializer(Halves("w", [3, 1, 1], 1.5f, 1.5f, 1.5f)), Initializer(Halves("v", [], 2))],
        ["bits"] = [.. Factors("w", "v"), Initializer(HalfBits("w", [3, 1, 1], true, 1.5f, 1.5f, 1.5f)), Initializer(HalfBits("v", [1, 3, 1, 1], false, 2, 2, 2))],
        ["external"] =
        [
            .. Factors("w", "u"),
            Node("Cast", ["v"], ["u"], Integer("to", F16)),
            Initializer(External("w", F16, [3, 1, 1], "w.bin", 4, 6)),
            Initializer(External("v", F32, [], "w.bin", 12, 4)),
        ],
        ["constants"] =
        [
            Node("Constant", [], ["w"], TensorAttribute("value", Halves("", [], 1.5f))),
            Node("Constant", [], ["v"], TensorAttribute("value", Halves("", [], 2))),
            .. Factors("w", "v"),
        ],
        ["casts"] =
        [
            Node("Cast", ["w"], ["u"], IntegerBeforeName("to", F16)),
            Node("Cast", ["v"], ["t"], Integer("to", F16)),
            .. Factors("u", "t"),
            Initializer(Floats("w", [], 1.5f)),
            Initializer(Floats("v", [], 2)),
            ValueInfo("a", F16, 1, 3, -1, -1),
        ],
        ["listed as inputs"] = [Input("w", F16), Input("v", F16), .. Factors("w", "v"), Initializer(Halves("w", [], 1.5f)), Initializer(Halves("v", [], 2))],
        ["subgraphs"] =
        [
            Initializer(Booleans("yes", true)),
            Node("If", ["yes"], ["y"], GraphAttribute("then_branch", Branch("then", 1.5f, 2)), GraphAttribute("else_branch", Branch("else", 7, 7))),
        ],
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale");
    private readonly List<string> _warnings = [];

    public static TheoryData<string> Forms => [.. s_forms.Keys];

    [Fact]
    public async Task A_picture_that_overflows_in_float16_is_made_in_float32_and_that_is_told_once()
    {
        using SessionPool pool = new();
        ModelCard card = Card(Overflow("x", "y"));
        using Tile input = Goldens.Picture(8, 8), output = new(8, 8, 3);
        await using (IModelLease lease = await LeaseAsync(pool, card))
        {
            Assert.Equal(RunOutcome.Done, await lease.RunAsync(input, output, default));
            Assert.Equal(RunOutcome.Done, await lease.RunAsync(input, output, default));
        }

        Assert.True(Goldens.LargestDifference(input, output) <= 1e-5);
        string warning = Assert.Single(_warnings);
        Assert.Contains("'net' in float16 on Cpu has values that are not finite: it is run in float32", warning, StringComparison.Ordinal);
        Assert.Equal([("OnnxRuntime (float32)", 2L), ("OnnxRuntime", 1L)], pool.Sessions.Select(s => (s.Engine, s.Runs)));

        // From now on float16 is not tried any more.
        await using (IModelLease lease = await LeaseAsync(pool, card))
            await lease.RunAsync(input, output, default);
        Assert.Single(_warnings);
        Assert.Equal([("OnnxRuntime (float32)", 3L), ("OnnxRuntime", 1L)], pool.Sessions.Select(s => (s.Engine, s.Runs)));
    }

    [Fact]
    public async Task Tensors_by_name_that_overflow_in_float16_are_made_in_float32()
    {
        using SessionPool pool = new();
        ModelCard card = Component(Overflow("x", "y"));
        float[] input = [0.25f, 0.5f, 0.75f], output = new float[3];
        await using IModelLease lease = await On(pool).LeaseAsync(card, "unet", default);
        Assert.Equal(RunOutcome.Done, await lease.RunAsync([new NamedTensor("x", [1, 3, 1, 1], input)], [new NamedTensor("y", [1, 3, 1, 1], output)], default));
        Assert.True(input.Zip(output, (i, o) => Math.Abs(i - o)).Max() <= 1e-5f);
        Assert.Contains("'net/unet'", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_float32_does_not_cure_is_an_error_and_is_not_remembered()
    {
        using SessionPool pool = new();
        ModelCard card = Component([.. Overflow("x", "a"), .. Multiply("a", "b", 1e30f), .. Multiply("b", "c", 1e30f), Node("Cast", ["c"], ["y"], Integer("to", F16))]);
        for (int i = 1; i <= 2; i++)
        {
            await using IModelLease lease = await On(pool).LeaseAsync(card, "unet", default);
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await RunAsync(lease));
            Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
            Assert.Contains("the network 'net/unet' on Cpu has values that are not finite in 'y'", error.Message, StringComparison.Ordinal);
            Assert.Equal([i, i], pool.Sessions.Select(s => s.Runs));
        }

        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task A_network_in_float32_is_not_run_twice()
    {
        using SessionPool pool = new();
        ModelCard card = await On(pool).DescribeAsync(OnnxCase.All.First(c => c.Name == "x2_nan_above_0_8").Path, default);
        using Tile input = Goldens.Picture(8, 8), output = new(16, 16, 3);
        input.Data.Span.Fill(0.9f);
        await using IModelLease lease = await LeaseAsync(pool, card);
        await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync(input, output, default));
        Assert.Equal(1, Assert.Single(pool.Sessions).Runs);
    }

    [Fact]
    public async Task Too_large_in_float32_is_a_value_and_a_smaller_run_ends_the_matter()
    {
        int runs = 0;
        using SessionPool pool = new(new SessionPoolOptions { BeforeNamedRun = (_, _) => ++runs == 2 ? new OutOfMemoryException() : null });
        await using IModelLease lease = await On(pool).LeaseAsync(Component(Overflow("x", "y")), "unet", default);
        Assert.Equal(RunOutcome.TooLarge, await RunAsync(lease));
        Assert.Empty(_warnings);
        Assert.Equal(RunOutcome.Done, await RunAsync(lease));
        Assert.Single(_warnings);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task Where_the_network_in_float32_cannot_be_loaded_the_error_tells_both()
    {
        using SessionPool pool = new();
        string weights = Path.Combine(_folder.FullName, "weights.pb");
        File.WriteAllBytes(weights, Bytes([(System.Half)1]));
        ModelCard card = Component([.. Overflow("x", "a"), Node("Mul", ["a", "w"], ["y"]), Initializer(External("w", F16, [], "weights.pb", 0, 2))]);
        await using IModelLease lease = await On(pool).LeaseAsync(card, "unet", default);
        File.Delete(weights);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await RunAsync(lease));
        Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
        Assert.Contains("weights.pb", error.InnerException!.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await RunAsync(lease));
        Assert.Equal(0, Assert.Single(pool.Sessions).Busy);
    }

    [Fact]
    public async Task Callers_that_overflow_at_once_all_get_their_result()
    {
        using SessionPool pool = new();
        ModelCard card = Component(Overflow("x", "y"));
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(async () =>
        {
            await using IModelLease lease = await On(pool).LeaseAsync(card, "unet", default);
            Assert.Equal(RunOutcome.Done, await RunAsync(lease));
        })));
        Assert.Single(_warnings);
        Assert.All(pool.Sessions, s => Assert.Equal((0, 0, 1), (s.Busy, s.Waiting, s.Loads)));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_widened_network_has_no_float16_left_and_computes_the_same(string form)
    {
        File.WriteAllBytes(Path.Combine(_folder.FullName, "w.bin"), [0, 0, 0, 0, .. Bytes([(System.Half)1.5, (System.Half)1.5, (System.Half)1.5]), 0, 0, .. Bytes([2f])]);
        string path = Write([Input("x", F16, 1, 3, -1, -1), .. s_forms[form], Output("y", F16, 1, 3, -1, -1)]);
        Assert.True(ModelFile.Read(path, default).ComputesInHalf);
        byte[] wide = OnnxWidener.Widen(path)!;
        OnnxScanner scanner = OnnxScanner.Scan(new MemoryStream(wide));
        Assert.False(scanner.ComputesInHalf);
        Assert.Empty(scanner.External);
        Assert.Equal(["x float32", "y float32"], scanner.Inputs.Concat(scanner.Outputs).Select(t => $"{t.Name} {t.Type}"));

        // No float16 holds this to the last bit.
        Assert.Equal(3 * 0.333333f, Run(wide, 0.333333f));
    }

    [Fact]
    public async Task The_widened_network_of_an_export_agrees_with_the_one_in_float32()
    {
        string folder = Path.Combine(TestData.ReferenceFolders("pipelines").First(), "variants");
        NpyFile sample = NpyFile.Read(Path.Combine(folder, "unet_sample.npy")), text = NpyFile.Read(Path.Combine(folder, "unet_encoder_hidden_states.npy"));
        NpyFile expected = NpyFile.Read(Path.Combine(folder, "unet_out_fp32.npy"));
        string path = Path.Combine(_folder.FullName, "unet.onnx");
        File.WriteAllBytes(path, OnnxWidener.Widen(Path.Combine(folder, "unet_fp16.onnx"))!);
        using SessionPool pool = new();
        ModelCard card = ComponentOf(path);
        float[] actual = new float[expected.Values.Length];
        await using IModelLease lease = await On(pool).LeaseAsync(card, "unet", default);
        Assert.All(card.Components, c => Assert.Equal(["float32", "float32", "float32"], ModelFile.Scan(c.Path).Inputs.Select(i => i.Type)));
        await lease.RunAsync(
            [
                new NamedTensor("sample", sample.Shape, sample.ToFloats()),
                new NamedTensor("timestep", [1], new float[] { 321 }),
                new NamedTensor("encoder_hidden_states", text.Shape, text.ToFloats()),
            ],
            [new NamedTensor("out_sample", expected.Shape, actual)],
            default);

        // What is left is the rounding of the weights; the network in float16 differs by 2.6e-3.
        double difference = expected.Values.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(difference <= 2.2e-3, $"{difference}");
    }

    [Fact]
    public void Weights_that_are_only_stored_in_float16_are_told_from_computing_in_it()
    {
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(TestData.Root, "models"), "*.onnx", SearchOption.AllDirectories),
            path => Assert.False(ModelFile.Scan(path).ComputesInHalf, path));
        Assert.False(ModelFile.Scan(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path).ComputesInHalf);
        Assert.True(ModelFile.Scan(OnnxCase.All.First(c => c.Name == "x4_fp16_io").Path).ComputesInHalf);
        Assert.True(ModelFile.Scan(Path.Combine(TestData.ReferenceFolders("pipelines").First(), "variants", "unet_fp16.onnx")).ComputesInHalf);
    }

    /// <summary>Any byte of a file may be wrong: what is read of it is then wrong too, or the file is refused, and nothing else happens.</summary>
    [Fact]
    public void A_damaged_file_is_read_or_refused()
    {
        string path = Write([Input("x", F16, 1, 3, -1, -1), .. s_forms["bits"], .. s_forms["subgraphs"], .. s_forms["constants"], Output("y", F16, 1, 3, -1, -1)]);
        byte[] whole = File.ReadAllBytes(path);
        int read = 0, refused = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= (byte)(1 << (i % 8));
            File.WriteAllBytes(path, damaged);
            try
            {
                _ = ModelFile.Read(path, default);
                _ = OnnxWidener.Widen(path);
                read++;
            }
            catch (Exception exception) when (exception is InvalidDataException or UpscaleException { ErrorId: UpscaleErrorId.ModelNotSupported })
            {
                refused++;
            }
        }

        Assert.True(read > 100 && refused > 100, $"{read} {refused}");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Gives back what it gets, by way of a number that float16 does not hold. The CPU computes float16 in float32 and drops its casts between
    /// operators, but it keeps those that are written down.
    /// </summary>
    private static byte[][] Overflow(string input, string output) =>
    [
        Node("Cast", [input], ["o1"], Integer("to", F32)),
        .. Multiply("o1", "o2", TooMuch),
        Node("Cast", ["o2"], ["o3"], Integer("to", F16)),
        Node("Cast", ["o3"], ["o4"], Integer("to", F32)),
        .. Multiply("o4", "o5", 1 / TooMuch),
        Node("Cast", ["o5"], [output], Integer("to", F16)),
    ];

    private static byte[][] Multiply(string input, string output, float factor) =>
    [
        Initializer(Floats($"{output}_factor", [], factor)),
        Node("Cast", [input], [$"{output}_float"], Integer("to", F32)),
        Node("Mul", [$"{output}_float", $"{output}_factor"], [output]),
    ];

    private static byte[][] Factors(string first, string second) => [Node("Mul", ["x", first], ["a"]), Node("Mul", ["a", second], ["y"])];

    private static byte[][] Branch(string name, float first, float second) =>
    [
        Node("Mul", ["x", $"{name}_w"], [$"{name}_a"]),
        Node("Mul", [$"{name}_a", $"{name}_v"], [$"{name}_y"]),
        Initializer(Halves($"{name}_w", [], first)),
        Initializer(Halves($"{name}_v", [], second)),
        Output($"{name}_y", F16, 1, 3, -1, -1),
    ];

    private static float Run(byte[] model, float value)
    {
        using InferenceSession session = new(model);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(value, 3).ToArray(), [1, 3, 1, 1]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["x"], [input], ["y"]);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    private static async Task<RunOutcome> RunAsync(IModelLease lease)
        => await lease.RunAsync([new NamedTensor("x", [1, 3, 1, 1], new float[] { 0.25f, 0.5f, 0.75f })], [new NamedTensor("y", [1, 3, 1, 1], new float[3])], default);

    private static ModelCard ComponentOf(string path) => CardOf(path) with
    {
        Kind = ModelKind.Diffusion,
        Components = [new ModelComponent("unet", path, ModelFile.Read(path, default).Sha256)],
    };

    private static ModelCard CardOf(string path) => new()
    {
        Id = "net",
        Path = path,
        Sha256 = ModelFile.Read(path, default).Sha256,
        Scale = 1,
        Channels = 3,
        OutputChannels = 3,
        Halo = 0,
        Format = new TensorFormat { Input = "x", Output = "y", InputType = "float16", OutputType = "float16" },
    };

    private ModelCard Card(byte[][] nodes) => CardOf(Write([Input("x", F16, 1, 3, -1, -1), .. nodes, Output("y", F16, 1, 3, -1, -1)]));

    private ModelCard Component(byte[][] nodes) => ComponentOf(Card(nodes).Path);

    private string Write(byte[][] graph)
    {
        string path = Path.Combine(_folder.FullName, "net.onnx");
        File.WriteAllBytes(path, Model(graph));
        return path;
    }

    private IModelPool On(SessionPool pool) => pool.On(pool.Devices.Resolve("Cpu"), new ModelCatalog([]), warn: Warn);

    private async Task<IModelLease> LeaseAsync(SessionPool pool, ModelCard card) => await On(pool).LeaseAsync(card, default);

    private void Warn(string message)
    {
        lock (_warnings)
            _warnings.Add(message);
    }
}
