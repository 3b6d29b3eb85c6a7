using Upscale.Imaging;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>The interpolation stage against libvips, both from file to file.</summary>
internal static class ResizeBench
{
    private const int Width = 2048;
    private const int Height = 1536;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(Width, Height, "jpeg", cancellationToken).ConfigureAwait(false);
        var figures = new List<Figure>();
        foreach (string kernel in (string[])["bicubic", "lanczos3"])
        {
            var request = new UpscaleRequest
            {
                Source = source,
                Destination = bench.Results,
                Stages = [StageSpec.Parse($"interpolation:kernel={kernel}")],
                Scale = 2,
                Existing = ExistingTarget.Replace,
            };
            string target = Path.Combine(bench.Results, "vips.jpg");
            (double ours, double vips, double ratio) = await Timing.CompareAsync(
                runs,
                () => Timing.SecondsAsync(() => Workbench.RunAsync(request, cancellationToken)),
                () => Timing.SecondsAsync(() => Task.Run(() => VipsResize.Run(source, target, kernel, 2), cancellationToken))).ConfigureAwait(false);
            figures.Add(new Figure($"interpolation, {kernel} x2", ours, "s", $"{Width}x{Height} JPEG file to JPEG file"));
            figures.Add(new Figure($"libvips resize, {kernel} x2", vips, "s", "the same on float pixels"));
            figures.Add(new Figure($"libvips / interpolation, {kernel} x2", ratio, "", "above 1: faster than libvips"));
        }

        return figures;
    }
}
