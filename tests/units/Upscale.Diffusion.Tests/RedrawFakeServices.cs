using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>
/// A pipeline in C# that keeps every detail: its latents are the pixels of a block each, there is no noise, and its network moves the tone of all that it sees at once by
/// the mean of that. So tiles disagree in tone, and in nothing else.
/// </summary>
internal sealed class RedrawFakeServices : IStageServices, IModelPool
{
    private const int Factor = 8;
    private const int Channels = 3 * Factor * Factor;
    private const float ToneOfMean = 0.5f;

    private readonly FakeServices _fake = new();

    /// <param name="folder">Receives the files of the model.</param>
    public RedrawFakeServices(string folder)
    {
        Write("model_index.json", "{}");
        Write("scheduler/scheduler_config.json", """{ "_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "clip_sample": false, "set_alpha_to_one": false }""");
        Card = new ModelCard
        {
            Id = "lossless", Pipeline = "StableDiffusionImg2ImgPipeline", Path = Path.Combine(folder, "model_index.json"),
            Sha256 = "", Scale = 1, Channels = 3, OutputChannels = 3, Halo = 0, Format = new TensorFormat { Input = "", Output = "" },
            Components =
            [
                Component("unet", """{ "block_out_channels": [1, 1] }""", [Picture("sample", Channels), new TensorInfo("timestep", "int64", [])], Picture("out_sample", Channels)),
                Component("vae_encoder", "{}", [Picture("sample", 3)], Picture("latent_sample", Channels)),
                Component("vae_decoder", $$"""{ "block_out_channels": [1, 1, 1, 1], "latent_channels": {{Channels}}, "scaling_factor": 1 }""", [Picture("latent_sample", Channels)], Picture("sample", 3)),
            ],
        };

        TensorInfo Picture(string name, int channels) => new(name, "float32", [-1, channels, -1, -1]);

        ModelComponent Component(string name, string config, TensorInfo[] inputs, TensorInfo output)
        {
            Write($"{name}/config.json", config);
            return new ModelComponent(name, Path.Combine(folder, name, "model.onnx"), name) { Inputs = inputs, Outputs = [output], BytesPerPixel = 1 };
        }

        void Write(string name, string text)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }
    }

    public ModelCard Card { get; }

    public IModelPool Models => this;

    public long Seed => 0;

    public INoise Noise { get; } = new Silence();

    public int? TileSize { get; init; }

    public ITileMemory TileMemory => _fake;

    public string Device => "Cpu";

    public long TileBudget => 1L << 40;

    public void ReportTiles(int finished) => _fake.ReportTiles(finished);

    public void Warn(string message) => _fake.Warn(message);

    public void Log(string message)
    {
    }

    public IStripSource OpenPicture(string path) => throw new NotSupportedException();

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options) => throw new NotSupportedException();

    public ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken) => ValueTask.FromResult(Card);

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken) => ValueTask.FromResult<IModelLease>(new Lease(card, component));

    private sealed class Silence : INoise
    {
        public void Fill(int step, int channel, int x, int y, Span<float> row) => row.Clear();
    }

    private sealed class Lease(ModelCard card, string component) : IModelLease
    {
        public ModelCard Card => card;

        public string Device => "Cpu";

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            NamedTensor from = inputs[0], to = outputs[0];
            if (component == "unet")
                to.Floats.Span.Fill(ToneOfMean * from.Floats.ToArray().Average());
            else if (component == "vae_encoder")
                Rearrange(from.Floats.Span, to.Floats.Span, to.Shape[3], to.Shape[2], encodes: true);
            else
                Rearrange(from.Floats.Span, to.Floats.Span, from.Shape[3], from.Shape[2], encodes: false);
            return ValueTask.FromResult(RunOutcome.Done);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static void Rearrange(ReadOnlySpan<float> from, Span<float> to, int width, int height, bool encodes)
        {
            int pixel = 0;
            for (int c = 0; c < 3; c++)
            {
                for (int y = 0; y < height * Factor; y++)
                {
                    for (int x = 0; x < width * Factor; x++, pixel++)
                    {
                        int channel = (((c * Factor) + (y % Factor)) * Factor) + (x % Factor);
                        int latent = (((channel * height) + (y / Factor)) * width) + (x / Factor);
                        if (encodes)
                            to[latent] = from[pixel];
                        else
                            to[pixel] = from[latent];
                    }
                }
            }
        }
    }
}
