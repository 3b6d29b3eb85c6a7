using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Pipelines;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>One engine for all tests of the assembly, and pictures as arrays.</summary>
public sealed class Engine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-quality-").FullName;

    public UpscaleEngine Upscale { get; } = new(new UpscaleHome(TestData.Root), new SessionPool());

    /// <summary>Runs a request from file to file and reads the result.</summary>
    public async Task<Picture> RunAsync(UpscaleRequest request)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
        UpscalePlan plan = await Upscale.PlanAsync(request with { Destination = folder, Device = "Cpu" }, default);
        UpscaleResult result = await Upscale.RunAsync(plan, null, null, default);
        return await ReadAsync(result.Path);
    }

    public static async Task<Picture> ReadAsync(string path)
    {
        await using ImageReader reader = ImageReader.Open(path);
        return await Picture.ReadAsync(reader.Colours);
    }

    public async ValueTask DisposeAsync()
    {
        await Upscale.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
