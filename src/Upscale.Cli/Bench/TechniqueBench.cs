using System.Globalization;
using Upscale.Imaging;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>Every technique on one picture whose large version is known.</summary>
internal static class TechniqueBench
{
    private const int Factor = 4;

    /// <summary>Name of the contact sheet in the folder.</summary>
    public const string Sheet = "sheet.png";

    /// <summary>Reduces the picture, enlarges it again by each technique in a process of its own, and compares.</summary>
    /// <param name="picture">Path of the truth.</param>
    /// <param name="folder">Where the truth (its sides cut to multiples of 4), the small picture, those of the techniques, and the contact sheet go; made when missing.</param>
    /// <param name="say">Told what is worked on.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<IReadOnlyList<TechniqueFigures>> RunAsync(string picture, string folder, Action<string> say, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        string truth = Path.Combine(folder, "00-truth.png");
        (Strip pixels, ImageHeader header, ImageMetadata metadata) = await PictureFile.ReadAsync(picture, Factor, cancellationToken).ConfigureAwait(false);
        var size = new ImageShape(pixels.Width / Factor, pixels.Height / Factor, pixels.Channels);
        await PictureFile.WriteAsync(truth, pixels, header.Depth, metadata, cancellationToken).ConfigureAwait(false);
        string small = await ReduceAsync(truth, size, cancellationToken).ConfigureAwait(false);

        var comparer = new PictureComparer(UpscaleEngine.Default);
        var figures = new List<TechniqueFigures>();
        foreach (Technique technique in Technique.All)
        {
            say(technique.Name);
            int number = figures.Count + 1;
            string name = string.Create(CultureInfo.InvariantCulture, $"{number:00}-{string.Join('-', technique.Name.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))}");
            string[] arguments = ["run", small, .. technique.Options, "--scale", "4", "-o", folder, "--name", name, "--format", "png", "--force"];
            ChildRun run = await ChildRun.StartAsync(arguments, cancellationToken).ConfigureAwait(false);
            string result = Path.Combine(folder, name + ".png");
            UpscaleComparison comparison = await comparer.CompareAsync(new ComparisonRequest { Reference = truth, Difference = result, Source = small }, cancellationToken).ConfigureAwait(false);
            figures.Add(new TechniqueFigures(
                number, technique.Name, string.Join(' ', technique.Options), result, run.Seconds, run.PeakBytes, comparison.Psnr!.Value, comparison.Ssim, comparison.Consistency!.Value));
        }

        await ContactSheet.WriteAsync(Path.Combine(folder, Sheet), [truth, .. figures.Select(f => f.Picture)], cancellationToken).ConfigureAwait(false);
        return figures;
    }

    /// <summary>By an antialiased bicubic filter.</summary>
    private static async Task<string> ReduceAsync(string truth, ImageShape size, CancellationToken cancellationToken)
    {
        var request = new UpscaleRequest
        {
            Source = truth,
            Stages = [StageSpec.Parse("interpolation:kernel=bicubic")],
            Width = size.Width,
            Height = size.Height,
            NameFormat = "00-small",
            Existing = ExistingTarget.Replace,
        };
        return (await Workbench.RunAsync(request, cancellationToken).ConfigureAwait(false)).Path;
    }
}
