using Upscale.Pipelines;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>Stages in one recipe that share an autoencoder hand latents on; others do not.</summary>
public sealed class LatentChainTests(Engine engine) : IClassFixture<Engine>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-chain-").FullName;

    [Fact]
    public async Task Models_with_the_same_decoder_hand_latents_on_and_decode_once()
    {
        string upscaler = Copy("sd-x2-latent-upscaler", "x2-shared"), refiner = Copy("sd-img2img", "refiner-shared");
        File.Copy(Path.Combine(refiner, "vae_decoder", "model.onnx"), Path.Combine(upscaler, "vae_decoder", "model.onnx"), overwrite: true);
        (Picture result, List<string> log) = await RunAsync(upscaler, refiner);
        Assert.Equal(new ImageShape(128, 96, 3), result.Shape);
        Assert.Contains(log, l => l.Contains("latents", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(0, Runs("refiner-shared/vae_encoder"));
        Assert.Equal(1, Runs("refiner-shared/vae_decoder") + Runs("x2-shared/vae_decoder"));
    }

    [Fact]
    public async Task Models_that_share_no_decoder_go_through_the_picture()
    {
        string upscaler = Copy("sd-x2-latent-upscaler", "x2-own"), refiner = Copy("sd-img2img", "refiner-own");
        (Picture result, _) = await RunAsync(upscaler, refiner);
        Assert.Equal(new ImageShape(128, 96, 3), result.Shape);
        Assert.Equal(1, Runs("refiner-own/vae_encoder"));
        Assert.Equal(1, Runs("x2-own/vae_decoder"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<(Picture Result, List<string> Log)> RunAsync(string upscaler, string refiner)
    {
        engine.Upscale.ClearSessions(null);
        string source = TestData.ReferenceFolders("pipelines").Select(f => Path.Combine(f, "sd-x2-latent-upscaler", "golden", "euler4_cfg4", "input.png")).First(File.Exists);
        var request = new UpscaleRequest
        {
            Source = source,
            Destination = _folder,
            Device = "Cpu",
            Stages =
            [
                new StageSpec("latent").With(("model", upscaler), ("steps", 2)),
                new StageSpec("refine").With(("model", refiner), ("steps", 4), ("strength", 0.5), ("prompt", "a tree")),
            ],
        };
        List<string> log = [];
        UpscalePlan plan = await engine.Upscale.PlanAsync(request, default);
        UpscaleResult result = await engine.Upscale.RunAsync(plan, null, message =>
        {
            lock (log)
                log.Add(message);
        }, default);
        return (await Engine.ReadAsync(result.Path), log);
    }

    private long Runs(string model) => engine.Upscale.Sessions.Where(s => s.Model == model).Sum(s => s.Runs);

    private string Copy(string model, string name) => TinyModel.Copy(model, Path.Combine(_folder, name));
}
