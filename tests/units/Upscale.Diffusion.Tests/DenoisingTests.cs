using CsCheck;
using Upscale.Diffusion.Denoising;
using Upscale.Diffusion.Models;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class DenoisingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-denoising-").FullName;

    public DenoisingTests() => File.WriteAllText(Path.Combine(_folder, "model_index.json"), "{}");

    private static Gen<(int Width, int Height, int Window, double Overlap, int Multiple)> Layouts { get; } =
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 24], Gen.Double[0, 0.9], Gen.Int[0, 3])
            .Select((w, h, window, overlap, power) => (w << power, h << power, window << power, overlap, 1 << power));

    [Fact]
    public void Windows_cover_every_pixel_touch_the_edges_and_overlap_as_told()
        => Layouts.Sample(l =>
        {
            LatentWindows windows = LatentWindows.Over(l.Width, l.Height, (l.Window, l.Window), l.Overlap, l.Multiple);
            foreach ((IReadOnlyList<int> starts, int window, int length) in new[] { (windows.Columns, windows.Width, l.Width), (windows.Rows, windows.Height, l.Height) })
            {
                Assert.Equal(0, starts[0]);
                Assert.Equal(length, starts[^1] + window);
                Assert.Equal(0, window % l.Multiple);
                for (int i = 1; i < starts.Count; i++)
                    Assert.InRange(starts[i] - starts[i - 1], 1, Math.Max(1, (int)Math.Ceiling(window * (1 - l.Overlap))));
            }
        });

    [Fact]
    public void Every_pixel_of_a_window_counts()
        => Layouts.Sample(l =>
        {
            LatentWindows windows = LatentWindows.Over(l.Width, l.Height, (l.Window, l.Window), l.Overlap, l.Multiple);
            for (int x = 0; x < windows.Width; x++)
                Assert.InRange(windows.Weight(x, windows.Height / 2), 1e-5f, 1);
        });

    [Fact]
    public async Task A_network_that_looks_at_single_pixels_gives_the_same_in_windows_as_at_once()
        => await Layouts.SampleAsync(async l =>
        {
            Tile whole = await AskAsync(l.Width, l.Height, 4096, 0, l.Multiple), fused = await AskAsync(l.Width, l.Height, l.Window, l.Overlap, l.Multiple);
            for (int i = 0; i < whole.Data.Length; i++)
                Assert.Equal(whole.Data.Span[i], fused.Data.Span[i], 1e-5f);
        }, iter: 50);

    [Fact]
    public async Task Guidance_leads_from_the_negative_prompt_towards_the_prompt_and_beyond()
    {
        var latents = new Tile(8, 8, 1);
        latents.Data.Span.Fill(0.5f);
        Tile answer = await AskAsync(latents, 64, 0.5, 1, 3);

        // The network below answers latent + timestep / 1000 + label: 0.5 + 0.1 + (2 + 3 (7 - 2)).
        Assert.Equal(17.6f, answer.Data.Span[0], 1e-4f);
    }

    [Fact]
    public void Karras_preconditioning_gives_the_clean_picture_for_a_network_that_knows_the_noise()
    {
        // x = x0 + sigma n, and F = (x0 - x / (sigma^2 + 1)) sqrt(sigma^2 + 1) / sigma by definition.
        IScheduler scheduler = Scheduler.Create(SchedulerConfig.Parse("""{ "_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012 }""", "test"));
        scheduler.SetSteps(4);
        var preconditioning = new KarrasPreconditioning(scheduler);
        double sigma = scheduler.Sigmas[1], clean = 0.3, noise = -1.2, x = clean + (sigma * noise);
        float[] scaled = [(float)x];
        preconditioning.Scale(1, scaled, scaled);
        Assert.Equal(x / Math.Sqrt((sigma * sigma) + 1), scaled[0], 1e-5);
        float[] answer = [(float)((clean - (x / ((sigma * sigma) + 1))) * Math.Sqrt((sigma * sigma) + 1) / sigma)];
        preconditioning.Finish(1, [(float)x], answer);
        Assert.Equal(clean, answer[0], 1e-5);
        Assert.Equal(Math.Log(sigma) / 4, preconditioning.Timestep(1), 1e-9);
    }

    [Fact]
    public void Noise_of_a_later_pass_has_nothing_to_do_with_that_of_the_first()
    {
        var noise = new Noise(3);
        float[] first = new float[64], second = new float[64], again = new float[64];
        new ShiftedNoise(noise, 0).Fill(NoiseField.Start, 0, 0, 0, first);
        new ShiftedNoise(noise, 1).Fill(NoiseField.Start, 0, 0, 0, second);
        noise.Fill(NoiseField.Start, 0, 0, 0, again);
        Assert.Equal(again, first);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("unknown", "has an input 'unknown'")]
    [InlineData("class_labels", "dimensions instead of 1")]
    public void A_graph_with_inputs_that_nobody_feeds_is_refused(string input, string message)
    {
        ModelCard card = Card([.. Inputs, new TensorInfo(input, "float32", [-1, -1, 8])]);
        UpscaleException error = Assert.Throws<UpscaleException>(() => Unet.Read(PipelineFolder.Read(card), null));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TensorInfo[] Inputs => [new("sample", "float32", [-1, 1, -1, -1]), new("timestep", "int64", []), new("class_labels", "int64", [-1])];

    private Task<Tile> AskAsync(int width, int height, int window, double overlap, int multiple)
    {
        var latents = new Tile(width, height, 1);
        new Noise(1).Fill(0, 0, 0, 0, latents.Data.Span);
        return AskAsync(latents, window, overlap, multiple, 1);
    }

    private async Task<Tile> AskAsync(Tile latents, int window, double overlap, int multiple, double guidance)
    {
        ModelCard card = Card(Inputs);
        var denoiser = new Denoiser(card, Unet.Read(PipelineFolder.Read(card), 1), new FakeServices { Models = new PointwisePool() })
        {
            Guidance = new Guidance(guidance, new UnetConditions { ClassLabel = 7 }, new UnetConditions { ClassLabel = 2 }),
            Windows = LatentWindows.Over(latents.Width, latents.Height, (window, window), overlap, multiple),
            Overlap = overlap,
        };
        var answer = new Tile(latents.Width, latents.Height, 1);
        await denoiser.AskAsync(latents, new Plain(), 0, answer, default);
        return answer;
    }

    private ModelCard Card(TensorInfo[] inputs)
    {
        string path = Path.Combine(_folder, "model_index.json");
        return new ModelCard
        {
            Id = "net", Path = path, Sha256 = "00", Scale = 1, Channels = 3, OutputChannels = 3, Halo = 0, Format = new TensorFormat { Input = "", Output = "" },
            Components =
            [
                new ModelComponent("unet", Path.Combine(_folder, "unet", "model.onnx"), "00") { Inputs = inputs, Outputs = [new TensorInfo("out_sample", "float32", [-1, 1, -1, -1])] },
            ],
        };
    }

    private sealed class Plain : IPreconditioning
    {
        public double Timestep(int call) => 100;

        public void Scale(int call, ReadOnlySpan<float> sample, Span<float> result) => sample.CopyTo(result);

        public void Finish(int call, ReadOnlySpan<float> sample, Span<float> answer)
        {
        }
    }

    /// <summary>A network that answers latent + timestep / 1000 + label.</summary>
    private sealed class PointwisePool : IModelPool, IModelLease
    {
        public string Device => "Fake:0";

        public long TileBudget => 1L << 40;

        public ModelCard Card => throw new NotSupportedException();

        public ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken) => ValueTask.FromResult<IModelLease>(this);

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            ReadOnlySpan<float> sample = inputs.Single(t => t.Name == "sample").Floats.Span;
            long timestep = inputs.Single(t => t.Name == "timestep").Integers!.Value.Span[0];
            ReadOnlySpan<long> labels = inputs.Single(t => t.Name == "class_labels").Integers!.Value.Span;
            Span<float> output = outputs.Single().Floats.Span;
            for (int i = 0; i < output.Length; i++)
                output[i] = sample[i] + (timestep / 1000f) + labels[i * labels.Length / output.Length];
            return ValueTask.FromResult(RunOutcome.Done);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
