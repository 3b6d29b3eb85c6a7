using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>A temporary folder with pictures to measure with.</summary>
internal sealed class Workbench : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale-bench-");

    public Workbench()
    {
        Picture = Path.Combine(_folder.FullName, "picture.png");
        using Stream packed = typeof(Workbench).Assembly.GetManifestResourceStream("picture.png")!;
        using FileStream file = File.Create(Picture);
        packed.CopyTo(file);
    }

    /// <summary>A small photograph.</summary>
    public string Picture { get; }

    /// <summary>A folder for results.</summary>
    public string Results => Path.Combine(_folder.FullName, "results");

    /// <summary>Makes a picture of a size.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="format">Such as <c>tiff</c>.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Its path.</returns>
    public async Task<string> MakeAsync(int width, int height, string format, CancellationToken cancellationToken)
    {
        UpscaleResult result = await RunAsync(
            new UpscaleRequest
            {
                Source = Picture,
                Stages = [StageSpec.Parse("interpolation:kernel=bicubic")],
                Width = width,
                Height = height,
                Format = format,
                NameFormat = "{width}x{height}",
                Existing = ExistingTarget.Replace,
            },
            cancellationToken).ConfigureAwait(false);
        return result.Path;
    }

    /// <summary>Plans and runs a request in this process.</summary>
    public static async Task<UpscaleResult> RunAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        UpscalePlan plan = await UpscaleEngine.Default.PlanAsync(request, cancellationToken).ConfigureAwait(false);
        return await UpscaleEngine.Default.RunAsync(plan, null, null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
