using Upscale.Diffusion.Tests;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Latent.Tests;

/// <summary>Trajectories that a plain script recorded: every network input and output, and the picture.</summary>
public abstract class GoldenTests(InferenceEngine engine) : IDisposable
{
    private readonly SessionPool _pool = new(new SessionPoolOptions { Engine = engine });

    public static TheoryData<string> Cases => Golden.Cases("latent-x2-compact");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_stochastic_trajectory_is_met(string folder) => await CheckAsync(folder, "stochastic");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_deterministic_trajectory_is_met(string folder) => await CheckAsync(folder, "deterministic");

    public void Dispose()
    {
        Assert.All(_pool.Sessions, s => Assert.Equal(engine.ToString(), s.Engine));
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task CheckAsync(string folder, string sampler)
    {
        var services = new RecordingServices(_pool, new RecordedNoise(folder));
        Picture result = await StageRunner.RunAsync(
            new LatentStageFactory(), services, Golden.Picture(folder, "low_res"),
            ("model", "latent-x2-compact"), ("sampler", sampler), ("temperature", 1.0), ("consistency", 0.0));
        Golden.Near(Path.Combine(folder, "latents.npy"), services.Tensors.First(t => t.Name == "low_res").Values);
        Golden.Trajectory(Path.Combine(folder, sampler), services, [4, 3, 2, 1]);
        Golden.Near(Path.Combine(folder, sampler, "final.npy"), result.Data);
    }
}
