using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>
/// A model with the inputs, outputs, configs and shape rules of a well-known one as exporters write it, whose networks are a few sums: every run is held against what
/// the graphs declare.
/// </summary>
internal sealed class RealInterface : IModelPool, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-real-").FullName;
    private readonly List<ModelComponent> _components = [];
    private readonly string _pipeline;

    public RealInterface(string pipeline, string scheduler)
    {
        _pipeline = pipeline;
        File.WriteAllText(Path.Combine(_folder, "model_index.json"), $$"""{ "_class_name": "{{pipeline}}", "force_zeros_for_empty_prompt": true }""");
        Write("scheduler", "scheduler_config.json", scheduler);
    }

    /// <summary>Component, tensor and shape of every input of every run.</summary>
    public List<(string Component, string Name, int[] Shape)> Seen { get; } = [];

    public string Device => "Fake:0";

    public long TileBudget => 16L << 30;

    public RealInterface WithText(string suffix, int width, int layers, bool projection)
    {
        string tokenizer = Path.Combine(TinyModel.Folder("sd-img2img"), "tokenizer");
        foreach (string file in Directory.EnumerateFiles(tokenizer))
            Write("tokenizer" + suffix, Path.GetFileName(file), File.ReadAllText(file));
        TensorInfo[] states = [.. Enumerable.Range(0, layers + 1).Select(i => new TensorInfo($"hidden_states.{i}", "float32", [-1, -1, width]))];
        Add(
            "text_encoder" + suffix, [new("input_ids", "int64", [-1, -1])],
            [new(projection ? "text_embeds" : "pooler_output", "float32", [-1, width]), new("last_hidden_state", "float32", [-1, -1, width]), .. states]);
        return this;
    }

    public RealInterface WithUnet(int input, int output, int levels, int sample, int? text, params TensorInfo[] more)
    {
        Write("unet", "config.json", $$"""{ "sample_size": {{sample}}, "block_out_channels": [{{string.Join(", ", Enumerable.Repeat(320, levels))}}] }""");
        TensorInfo[] words = text is { } width ? [new("encoder_hidden_states", "float32", [-1, -1, width])] : [];
        Add(
            "unet", [new("sample", "float32", [-1, input, -1, -1]), new("timestep", more.Any(t => t.Name == "timestep_cond") ? "float32" : "int64", []), .. words, .. more],
            [new("out_sample", "float32", [-1, output, -1, -1])]);
        return this;
    }

    public RealInterface WithAutoencoder(int channels, int levels, double scaling, bool encoder)
    {
        string config = FormattableString.Invariant($$"""{ "latent_channels": {{channels}}, "scaling_factor": {{scaling}}, "block_out_channels": [{{string.Join(", ", Enumerable.Repeat(128, levels))}}] }""");
        Write("vae_decoder", "config.json", config);
        Add("vae_decoder", [new("latent_sample", "float32", [-1, channels, -1, -1])], [new("sample", "float32", [-1, 3, -1, -1])]);
        if (!encoder)
            return this;
        Write("vae_encoder", "config.json", config);
        Add("vae_encoder", [new("sample", "float32", [-1, 3, -1, -1])], [new("latent_parameters", "float32", [-1, 2 * channels, -1, -1])]);
        return this;
    }

    public RealInterface WithLowResolution(string scheduler)
    {
        Write("low_res_scheduler", "scheduler_config.json", scheduler);
        return this;
    }

    public ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken) => ValueTask.FromResult(new ModelCard
    {
        Id = "real", Kind = ModelKind.Diffusion, Stages = ["diffusion", "refine", "latent"], Pipeline = _pipeline, Components = _components,
        Path = Path.Combine(_folder, "model_index.json"), Sha256 = "00", Scale = 1, Channels = 3, OutputChannels = 3, Halo = 0, Format = new TensorFormat { Input = "", Output = "" },
    });

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken)
        => ValueTask.FromResult<IModelLease>(new Lease(this, card, _components.Single(c => c.Name == component)));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string component, string file, string content)
    {
        Directory.CreateDirectory(Path.Combine(_folder, component));
        File.WriteAllText(Path.Combine(_folder, component, file), content);
    }

    private void Add(string name, TensorInfo[] inputs, TensorInfo[] outputs)
        => _components.Add(new ModelComponent(name, Path.Combine(_folder, name, "model.onnx"), name) { Inputs = inputs, Outputs = outputs });

    private sealed class Lease(RealInterface model, ModelCard card, ModelComponent component) : IModelLease
    {
        public ModelCard Card => card;

        public string Device => model.Device;

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            Assert.Equal(component.Inputs.Select(t => t.Name).Order(), inputs.Select(t => t.Name).Order());
            foreach (NamedTensor tensor in inputs.Concat(outputs))
            {
                TensorInfo declared = component.Inputs.Concat(component.Outputs).First(t => t.Name == tensor.Name && t.Dimensions.Count == tensor.Shape.Count);
                Assert.All(declared.Dimensions.Zip(tensor.Shape), d => Assert.True(d.First < 0 || d.First == d.Second, $"{component.Name} {tensor.Name}: [{string.Join(", ", tensor.Shape)}]"));
                Assert.Equal(declared.Type is "int64", tensor.Integers is not null);
            }

            foreach (NamedTensor tensor in inputs)
                model.Seen.Add((component.Name, tensor.Name, [.. tensor.Shape]));
            Assert.Single(inputs.Where(t => t.Shape.Count > 1 || t.Name == "class_labels").Select(t => t.Shape[0]).Distinct());
            foreach (NamedTensor output in outputs)
                Fill(inputs[0], output);
            return ValueTask.FromResult(RunOutcome.Done);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        /// <summary>A tenth of the input at the same place of the plane, of the planes that both have.</summary>
        private static void Fill(NamedTensor input, NamedTensor output)
        {
            Span<float> values = output.Floats.Span;
            if (output.Shape.Count != 4)
            {
                for (int i = 0; i < values.Length; i++)
                    values[i] = MathF.Sin(i);
                return;
            }

            ReadOnlySpan<float> source = input.Floats.Span;
            (int width, int height) = (output.Shape[3], output.Shape[2]);
            for (int i = 0; i < values.Length; i++)
            {
                int x = i % width * input.Shape[3] / width, y = i / width % height * input.Shape[2] / height;
                int plane = i / (width * height) % output.Shape[1] % input.Shape[1], row = i / (width * height * output.Shape[1]);
                values[i] = 0.1f * source[(((row * input.Shape[1]) + plane) * input.Shape[2] * input.Shape[3]) + (y * input.Shape[3]) + x];
            }
        }
    }
}
