namespace Upscale.Diffusion.Tests;

/// <summary>An autoencoder whose halves are written in C#: each latent stands for its own pixels and for no others.</summary>
internal sealed class AutoencodingFakePool(string folder) : IModelPool
{
    public const int Factor = 2;
    public const int LatentChannels = 4;
    public const int BytesPerLatent = 1000;

    private readonly Random _random = new(1);
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(folder, Path.GetRandomFileName())).FullName;

    /// <summary>Width and height in latents of each run.</summary>
    public List<(int Width, int Height)> Runs { get; } = [];

    public int OpenLeases { get; private set; }

    /// <summary>Says of a run of so many latents whether it is too large.</summary>
    public Func<int, int, bool> TooLarge { get; init; } = (_, _) => false;

    /// <summary>Called before each run with its number, from 0.</summary>
    public Action<int> BeforeRun { get; init; } = _ => { };

    /// <summary>True for a network that paints each tile in one colour of its own, between -1 and 1.</summary>
    public bool OneColour { get; init; }

    public string Device => "Cpu";

    public long TileBudget { get; init; } = 1L << 40;

    /// <summary>A model in a folder, with a config.json beside each graph.</summary>
    public ModelCard Card(string? config = null, (int Width, int Height)? fixedSize = null, string encoderOutput = "latent_parameters")
    {
        config ??= $$"""{"block_out_channels": [4, 4], "latent_channels": {{LatentChannels}}, "scaling_factor": 0.5, "mid_block_add_attention": false}""";
        (int width, int height) = fixedSize ?? (-1, -1);
        int scale = fixedSize is null ? 1 : Factor;
        int encoded = encoderOutput == "latent_parameters" ? 2 * LatentChannels : LatentChannels;
        return new ModelCard
        {
            Id = "fake",
            Kind = ModelKind.Diffusion,
            Path = Path.Combine(_folder, "model_index.json"),
            Sha256 = "",
            Scale = 1,
            Channels = 3,
            OutputChannels = 3,
            Halo = 0,
            Format = new TensorFormat { Input = "", Output = "" },
            Components =
            [
                Component("unet", [new TensorInfo("sample", "float32", [-1, 4, -1, -1]), new TensorInfo("timestep", "int64", [])], [new TensorInfo("out_sample", "float32", [-1, 4, -1, -1])]),
                Component("vae_encoder", [new TensorInfo("sample", "float32", [-1, 3, height * scale, width * scale])], [new TensorInfo(encoderOutput, "float32", [-1, encoded, height, width])]),
                Component("vae_decoder", [new TensorInfo("latent_sample", "float32", [-1, LatentChannels, height, width])], [new TensorInfo("sample", "float32", [-1, 3, height * scale, width * scale])]),
            ],
        };

        ModelComponent Component(string name, TensorInfo[] inputs, TensorInfo[] outputs)
        {
            string path = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
            File.WriteAllText(Path.Combine(path, "config.json"), config);
            return new ModelComponent(name, Path.Combine(path, "model.onnx"), $"hash of {name}") { Inputs = inputs, Outputs = outputs, BytesPerPixel = BytesPerLatent };
        }
    }

    public ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken)
    {
        OpenLeases++;
        return ValueTask.FromResult<IModelLease>(new Lease(this, card));
    }

    private RunOutcome Run(NamedTensor input, NamedTensor output)
    {
        (int width, int height) = (Math.Min(input.Shape[3], output.Shape[3]), Math.Min(input.Shape[2], output.Shape[2]));
        Runs.Add((width, height));
        BeforeRun(Runs.Count - 1);
        if (TooLarge(width, height))
            return RunOutcome.TooLarge;
        Span<float> to = output.Floats.Span;
        if (OneColour)
            to.Fill((float)((_random.NextDouble() * 2) - 1));
        else if (output.Shape[3] > input.Shape[3])
            Decode(input.Floats.Span, to, width, height);
        else
            Encode(input.Floats.Span, to, width, height, output.Shape[1]);
        return RunOutcome.Done;
    }

    private static void Decode(ReadOnlySpan<float> latents, Span<float> picture, int width, int height)
    {
        for (int i = 0; i < picture.Length; i++)
        {
            (int c, int y, int x) = (i / (width * height * Factor * Factor), i / (width * Factor) % (height * Factor), i % (width * Factor));
            float sum = (c * 0.1f) + (0.01f * ((y % Factor * Factor) + (x % Factor)));
            for (int l = 0; l < LatentChannels; l++)
                sum += (l - c) * 0.3f * latents[(((l * height) + (y / Factor)) * width) + (x / Factor)];
            picture[i] = sum;
        }
    }

    private static void Encode(ReadOnlySpan<float> picture, Span<float> latents, int width, int height, int channels)
    {
        for (int i = 0; i < latents.Length; i++)
        {
            (int c, int y, int x) = (i / (width * height), i / width % height, i % width);
            float sum = -0.1f * c;
            for (int k = 0; k < 3 * Factor * Factor; k++)
                sum += (((k + c) % channels) - 2) * 0.2f * picture[(((k % 3 * height * Factor) + (y * Factor) + (k / 3 / Factor)) * width * Factor) + (x * Factor) + (k / 3 % Factor)];
            latents[i] = sum;
        }
    }

    private sealed class Lease(AutoencodingFakePool pool, ModelCard card) : IModelLease
    {
        public ModelCard Card => card;

        public string Device => pool.Device;

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return ValueTask.FromResult(pool.Run(Assert.Single(inputs), Assert.Single(outputs)));
        }

        public ValueTask DisposeAsync()
        {
            pool.OpenLeases--;
            return ValueTask.CompletedTask;
        }
    }
}
