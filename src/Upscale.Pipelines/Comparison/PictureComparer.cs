using System.Globalization;
using Upscale.Imaging;
using Upscale.Imaging.Comparison;
using Upscale.Pipelines.Comparison;

namespace Upscale.Pipelines;

/// <summary>
/// Tells how far results are from the truth and from their sources. It holds the names of the pictures that it makes, so that no two
/// comparisons write one file. For one caller at a time.
/// </summary>
/// <param name="engine">Has the resampler.</param>
public sealed class PictureComparer(UpscaleEngine engine)
{
    private readonly HashSet<string> _written = new(FilePath.Comparer);

    /// <summary>Compares one result. Pictures are read as they are needed and never held whole, however large they are.</summary>
    /// <exception cref="UpscaleException">A picture cannot be found or read, the sizes do not fit, or the side-by-side picture cannot be written.</exception>
    public async Task<UpscaleComparison> CompareAsync(ComparisonRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string difference = request.Difference;
        if (request.Reference is null && request.Source is null)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"There is nothing to compare {difference} with. Give the truth, the picture that it was made of, or both.");
        string? source = request.Source is null ? null : NamedPicture.Find(request.Source, [difference], "the source");
        string? reference = request.Reference is null ? null : NamedPicture.Find(request.Reference, source is null ? [difference] : [source, difference], "the truth");

        var warnings = new List<string>();
        (ImageHeader result, ImageMetadata metadata) = await DescribeAsync(difference, warnings).ConfigureAwait(false);
        ImageHeader? truth = reference is null ? null : await DescribeOtherAsync(reference).ConfigureAwait(false);
        ImageHeader? original = source is null ? null : await DescribeOtherAsync(source).ConfigureAwait(false);
        bool comparable = truth is not null && (truth.Width, truth.Height) == (result.Width, result.Height);
        if (truth is not null && !comparable)
            warnings.Add(SizesDiffer(truth, result, original));
        if (original is not null && !SameAspect(original, result))
            warnings.Add($"{Describe(result)} has another aspect ratio than its source {Describe(original)}: the consistency is that of a distorted picture.");
        (string Path, ImageFormat Format)? target = request.SideBySide is null ? null : Target(request, result, truth?.Channels, original?.Channels, [difference, reference, source]);

        PictureMetrics? metrics = comparable
            ? await PictureMetrics.MeasureAsync(Open(reference!), Open(difference), cancellationToken).ConfigureAwait(false)
            : null;
        double? consistency = null;
        if (original is not null)
        {
            IStripSource reduced = await ResizeAsync(difference, original.Shape, cancellationToken).ConfigureAwait(false);
            consistency = await PictureMetrics.MeasurePsnrAsync(Open(source!), reduced, cancellationToken).ConfigureAwait(false);
        }

        if (target is { } made)
        {
            await using IStripSource left = comparable ? Open(reference!) : await ResizeAsync(source!, result.Shape, cancellationToken).ConfigureAwait(false);
            await using ImageReader right = ImageReader.Open(difference);
            ImageHeader shown = comparable ? truth! : original!;

            // Of the result's metadata only what its pixels need: a picture to show is no place for where another one was taken.
            var options = new EncodeOptions { Format = made.Format, Depth = shown.Depth > result.Depth ? shown.Depth : result.Depth, Force = request.Force, Strip = MetadataStrip.All };
            var both = new SideBySideSource(left, new OpaqueSource(right));
            _ = await ImageWriter.WriteAsync(made.Path, options, both, null, right.Metadata, cancellationToken).ConfigureAwait(false);
            _written.Add(made.Path);
        }

        return new UpscaleComparison
        {
            Reference = reference,
            Difference = difference,
            Source = source,
            Psnr = metrics?.Psnr,
            Ssim = metrics?.Ssim,
            MsSsim = metrics?.MsSsim,
            DeltaE = metrics?.DeltaE,
            Consistency = consistency,
            SideBySide = target?.Path,
            Warnings = warnings,
        };

        async Task<ImageHeader> DescribeOtherAsync(string path)
        {
            (ImageHeader header, ImageMetadata other) = await DescribeAsync(path, warnings).ConfigureAwait(false);
            if (!metadata.HasProfileOf(other))
                warnings.Add($"{path} has not the colour profile of {difference}: numbers are compared, not what is seen.");
            return header;
        }
    }

    private static OpaqueSource Open(string path) => new(ImageReader.Open(path));

    private static async Task<(ImageHeader Header, ImageMetadata Metadata)> DescribeAsync(string path, List<string> warnings)
    {
        await using ImageReader reader = ImageReader.Open(path);
        ImageHeader header = reader.Header;
        if (header.Frames > 1)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{path} has {header.Frames} frames or pages; only the first is compared."));
        return (header, reader.Metadata);
    }

    /// <summary>The warning that the truth does not count.</summary>
    /// <exception cref="UpscaleException">There is no source either, so that nothing could be told.</exception>
    private static string SizesDiffer(ImageHeader truth, ImageHeader result, ImageHeader? original)
    {
        string what = $"The sizes differ: {Describe(truth)}, {Describe(result)}.";
        return original is not null
            ? $"{what} Only the consistency with the source can be told."
            : throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"{what} Give a truth of the result's size; if the first is what the second was made of, give it as source and not as reference.");
    }

    /// <summary>True when no side of either is off by more than a pixel.</summary>
    private static bool SameAspect(ImageHeader source, ImageHeader result)
        => Math.Abs(((long)result.Width * source.Height) - ((long)result.Height * source.Width)) <= Math.Max(source.Width + source.Height, result.Width + result.Height);

    private static string Describe(ImageHeader header) => string.Create(CultureInfo.InvariantCulture, $"{header.Path} ({header.Width} x {header.Height})");

    /// <summary>Where the side-by-side picture goes; refuses what cannot be written, before any work.</summary>
    private (string Path, ImageFormat Format) Target(ComparisonRequest request, ImageHeader result, int? truthChannels, int? originalChannels, string?[] read)
    {
        string path = request.SideBySide!;
        if (Directory.Exists(path))
            path = Path.Combine(path, $"{Path.GetFileNameWithoutExtension(request.Difference)}_compared.png");
        path = Path.GetFullPath(path);
        ImageFormat format = ImageFormats.FromPath(path);
        if (read.Contains(path, FilePath.Comparer))
            throw new UpscaleException(UpscaleErrorId.TargetConflict, $"{path} is itself compared and would be overwritten. Choose another name for the side-by-side picture.");
        if (_written.Contains(path))
            throw new UpscaleException(UpscaleErrorId.TargetConflict, $"{path} was just made for another result. Give a folder for the side-by-side pictures.");
        ImageWriter.CheckTarget(path, request.Force);
        int channels = Math.Max(result.Channels, truthChannels ?? originalChannels ?? 1);
        format.Check(new ImageShape(checked(3 * result.Width), result.Height, channels));
        return (path, format);
    }

    /// <summary>A picture file, brought to a size by the bicubic filter of the stage <c>interpolation</c>, which averages when it reduces.</summary>
    private async Task<IStripSource> ResizeAsync(string path, ImageShape size, CancellationToken cancellationToken)
    {
        var request = new UpscaleRequest
        {
            Source = path,
            Stages = [new StageSpec("interpolation").With(("kernel", "bicubic"), ("width", size.Width), ("height", size.Height))],
            Device = "Cpu",
        };
        return await engine.ConnectAsync(request, Open(path), cancellationToken).ConfigureAwait(false);
    }
}
