using System.Diagnostics;
using System.Globalization;
using Upscale.Imaging;
using Upscale.Imaging.Comparison;
using Upscale.Inference;
using Upscale.Pipelines.Measuring;

namespace Upscale.Pipelines;

/// <summary>Measures what networks do on this machine: speed, memory, how far they look, and how near they come to pictures that were reduced.</summary>
/// <param name="engine">Runs them.</param>
public sealed class ModelMeasurer(UpscaleEngine engine)
{
    /// <summary>Largest side of the picture that speed is measured with.</summary>
    private const int SpeedSide = 256;

    private const int MostRuns = 5;

    private static readonly TimeSpan s_enoughTime = TimeSpan.FromSeconds(2);

    /// <summary>Differences that no file shows, and those that none of 8 bits does.</summary>
    private static readonly float[] s_tolerances = [1e-4f, 1f / 512];

    /// <summary>Measures one network. It is unloaded first, so that its weights count.</summary>
    /// <param name="model">Id of an installed network, or path.</param>
    /// <param name="pictures">Full paths of pictures; when there are none, the samples of the module.</param>
    /// <param name="device">Name of a device, or <c>Auto</c>.</param>
    /// <param name="inferenceEngine">What computes the network on the CPU.</param>
    /// <param name="baseFolder">Folder that a relative path starts from.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="UpscaleException">The network, a picture or the device cannot be used, or a picture is too small to be reduced.</exception>
    public async Task<ModelMeasurement> MeasureAsync(string model, IReadOnlyList<string> pictures, string device, InferenceEngine inferenceEngine, string baseFolder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pictures);
        var request = new UpscaleRequest { Source = "", Device = device, Engine = inferenceEngine, BaseFolder = baseFolder };
        IModelPool models = engine.ModelsFor(request);
        ModelCard card = await models.DescribeAsync(model, cancellationToken).ConfigureAwait(false);
        var network = new StageSpec(card.Stages[0]).With(("model", model));
        IReadOnlyList<string> measured = pictures.Count > 0 ? pictures : engine.Samples;
        engine.ClearSessions(card.Id);
        var memory = new MemoryPeak();
        await using (memory.ConfigureAwait(false))
        {
            // First, since it loads the network: what is timed then is the work.
            (double psnr, double? bicubic) = await CompareAsync(request, network, card.Scale, measured, cancellationToken).ConfigureAwait(false);
            (double speed, ImageShape size) = await TimeAsync(request, network, measured[0], cancellationToken).ConfigureAwait(false);
            IReadOnlyList<int?>? halos = null;
            if (card.Kind == ModelKind.FeedForward)
            {
                IModelLease lease = await models.LeaseAsync(card, cancellationToken).ConfigureAwait(false);
                await using (lease.ConfigureAwait(false))
                    halos = await HaloProbe.MeasureAsync(lease, s_tolerances, cancellationToken).ConfigureAwait(false);
            }

            return new ModelMeasurement
            {
                Model = card.Id,
                Scale = card.Scale,
                Device = models.Device,
                MegapixelsPerSecond = speed,
                MeasuredWith = string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}"),
                MemoryBytes = memory.Bytes,
                Halo = halos?[0],
                VisibleHalo = halos?[1],
                CardHalo = card.Kind == ModelKind.FeedForward ? card.Halo : null,
                Pictures = measured.Count,
                Psnr = psnr,
                BicubicPsnr = bicubic,
            };
        }
    }

    /// <summary>Mean PSNR of the network, and of bicubic interpolation.</summary>
    private async Task<(double Network, double? Bicubic)> CompareAsync(UpscaleRequest request, StageSpec network, int scale, IReadOnlyList<string> pictures, CancellationToken cancellationToken)
    {
        double sum = 0;
        double bicubicSum = 0;
        foreach (string picture in pictures)
        {
            ImageShape whole;
            await using (ImageReader reader = ImageReader.Open(picture))
                whole = reader.Header.Shape;
            ImageShape part = whole with { Width = whole.Width / scale * scale, Height = whole.Height / scale * scale };
            if (part.Width == 0 || part.Height == 0)
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"{picture} has {whole.Width}x{whole.Height} pixels: that is too small to be reduced by {scale} and enlarged again. Give a larger picture.");
            StageSpec crop = new StageSpec("resize").With(("box", $"0,0,{part.Width},{part.Height}"), ("kernel", "bicubic"));
            StageSpec reduce = crop.With(("width", part.Width / scale), ("height", part.Height / scale));
            StageSpec enlarge = new StageSpec("interpolation").With(("kernel", "bicubic"), ("width", part.Width), ("height", part.Height));
            sum += await PsnrAsync([reduce, network]).ConfigureAwait(false);
            bicubicSum += scale == 1 ? 0 : await PsnrAsync([reduce, enlarge]).ConfigureAwait(false);

            async Task<double> PsnrAsync(IReadOnlyList<StageSpec> stages)
            {
                IStripSource truth = await RunAsync(request with { Stages = [crop] }, picture, cancellationToken).ConfigureAwait(false);
                IStripSource result = await RunAsync(request with { Stages = stages, Width = part.Width, Height = part.Height }, picture, cancellationToken).ConfigureAwait(false);
                return await PictureMetrics.MeasurePsnrAsync(truth, new LimitedSource(result), cancellationToken).ConfigureAwait(false);
            }
        }

        return (sum / pictures.Count, scale == 1 ? null : bicubicSum / pictures.Count);
    }

    /// <summary>Million pixels of result a second, and the size of the picture.</summary>
    private async Task<(double Speed, ImageShape Size)> TimeAsync(UpscaleRequest request, StageSpec network, string picture, CancellationToken cancellationToken)
    {
        ImageShape whole;
        await using (ImageReader reader = ImageReader.Open(picture))
            whole = reader.Header.Shape;
        ImageShape size = whole with { Width = Math.Min(whole.Width, SpeedSide), Height = Math.Min(whole.Height, SpeedSide) };
        StageSpec crop = new StageSpec("resize").With(("box", $"0,0,{size.Width},{size.Height}"));
        double best = 0;
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < MostRuns && (run == 0 || Stopwatch.GetElapsedTime(start) < s_enoughTime); run++)
        {
            IStripSource result = await RunAsync(request with { Stages = [crop, network] }, picture, cancellationToken).ConfigureAwait(false);
            await using (result.ConfigureAwait(false))
            {
                long begin = Stopwatch.GetTimestamp();
                while (await result.ReadAsync(cancellationToken).ConfigureAwait(false) is { } strip)
                    strip.Dispose();
                best = Math.Max(best, result.Shape.Pixels / 1e6 / Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }
        }

        return (best, size);
    }

    private Task<IStripSource> RunAsync(UpscaleRequest request, string picture, CancellationToken cancellationToken)
        => engine.ConnectAsync(request, new OpaqueSource(ImageReader.Open(picture)), cancellationToken);
}
