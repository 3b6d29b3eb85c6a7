using Upscale.Diffusion.Tests;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Latent.Tests;

/// <summary>Tiny pipelines of diffusers, with the noise that was drawn there: every input and output of every network, and the picture.</summary>
public sealed class PipelineGoldenTests : IDisposable
{
    private readonly SessionPool _pool = new();

    public static TheoryData<string> Cases => RecordedPipeline.Cases(name => name.Contains("latent-upscaler", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Doubling_in_latent_space_gives_what_diffusers_gives(string folder)
    {
        using var recorded = new RecordedPipeline(folder);
        var services = new RecordingServices(_pool, recorded);
        Picture result = await StageRunner.RunAsync(new LatentStageFactory(), services, recorded.Input, recorded.Options());
        recorded.Compare(services);
        RecordedPipeline.Near(recorded.Result, result);
        Assert.Equal(0, services.OpenLeases);
    }

    public void Dispose() => _pool.Dispose();
}
