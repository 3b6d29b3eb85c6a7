using System.Runtime.ExceptionServices;
using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// Writes float rows into a file. Rows are pulled, packed and encoded at the same time, and the picture is never held as a
/// whole, but by libvips itself for WebP, GIF, AVIF and HEIF.
/// </summary>
public static class ImageWriter
{
    // TIFF's offsets have 32 bits. Pixels that do not compress take a little more room than they have bytes.
    private const long LargestClassicTiff = 4_000_000_000;

    /// <summary>Refuses a target that cannot be written, before any work. <see cref="WriteAsync"/> checks again.</summary>
    /// <param name="path">The file to be made.</param>
    /// <param name="force">True when an existing file may be replaced.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static void CheckTarget(string path, bool force)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TargetFile.Check(Path.GetFullPath(path), force);
    }

    /// <summary>
    /// Reads both sources from top to bottom, clips to 0..1, rounds to nearest and writes. The file appears under its name when
    /// it is whole; after a failure or a cancel nothing is left behind.
    /// </summary>
    /// <param name="path">The file to be made, in a folder that exists.</param>
    /// <param name="options">Format, quality, depth.</param>
    /// <param name="colours">1 or 3 channels; disposed at the end, also after a failure.</param>
    /// <param name="alpha">Straight alpha of the same width and height, or null; disposed likewise. Over white where the format holds none.</param>
    /// <param name="metadata">Carried over as far as the format holds it.</param>
    /// <param name="cancellationToken">Stops both sides and waits for them.</param>
    /// <returns>What was not kept or was done differently than asked, in sentences.</returns>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>, <see cref="UpscaleErrorId.ImageTooLarge"/>,
    /// <see cref="UpscaleErrorId.OptionInvalid"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>, and whatever the sources throw.
    /// </exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string path,
        EncodeOptions options,
        IStripSource colours,
        IStripSource? alpha,
        ImageMetadata metadata,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(colours);
        ArgumentNullException.ThrowIfNull(metadata);
        await using StripWindow colourRows = new(colours);
        await using StripWindow? alphaRows = alpha is null ? null : new StripWindow(alpha);
        path = Path.GetFullPath(path);
        CheckOptions(options, colours.Shape, alpha?.Shape);
        TargetFile.Check(path, options.Force);
        using TargetFile file = TargetFile.Create(path);
        IReadOnlyList<string> warnings;
        try
        {
            using Target target = Target.NewToFile(file.TemporaryPath);
            warnings = await EncodeAsync(target, options, colourRows, alphaRows, metadata, cancellationToken).ConfigureAwait(false);
        }
        catch (VipsException e)
        {
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: {VipsLibrary.Reason(e)}.", e);
        }

        if (options.Software is { } software && options.Format == ImageFormats.Tiff)
            file.Change(temporary => TiffSoftware.Write(temporary, software));
        file.Commit(options.Force);
        return warnings;
    }

    /// <summary>The same into an open target.</summary>
    /// <exception cref="VipsException">The saver failed.</exception>
    internal static async Task<IReadOnlyList<string>> EncodeAsync(
        Target target,
        EncodeOptions options,
        StripWindow colours,
        StripWindow? alpha,
        ImageMetadata metadata,
        CancellationToken cancellationToken)
    {
        List<string> warnings = [];
        ImageShape shape = colours.Shape;
        int depth = Math.Min(options.Depth, options.Format.MaxDepth);
        if (depth < options.Depth)
            warnings.Add($"The result has {depth} bits for each sample: {options.Format.Name} holds no more.");
        if (options.Format == ImageFormats.Gif)
            warnings.Add("The colours were reduced to 256, and transparency to on or off: gif holds no more.");
        bool flatten = alpha is not null && !options.Format.HoldsAlpha;
        using PixelFeed feed = new(shape, alpha is not null && !flatten, depth);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task saving = SaveAsync();
        Exception? pushError = null;
        bool transparent = false;
        try
        {
            transparent = await PushAsync(feed, colours, alpha, flatten, ended.Token).ConfigureAwait(false);
            feed.Complete(null);
        }
        catch (Exception e)
        {
            pushError = e;
            feed.Complete(e);
        }

        try
        {
            await saving.ConfigureAwait(false);
        }
        catch (Exception) when (pushError is not null and not OperationCanceledException || cancellationToken.IsCancellationRequested)
        {
            // The saver failed because the rows stopped coming, or because it was stopped.
        }

        if (pushError is not null)
            ExceptionDispatchInfo.Throw(pushError);
        cancellationToken.ThrowIfCancellationRequested();
        if (flatten && transparent)
            warnings.Add($"The transparent picture was put over white: {options.Format.Name} holds no transparency.");
        return warnings;

        async Task SaveAsync()
        {
            try
            {
                await Task.Factory.StartNew(
                    () => Save(target, feed, options, shape.Channels, metadata, warnings, cancellationToken),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default).ConfigureAwait(false);
            }
            finally
            {
                // Whoever waits for a free buffer would wait for ever.
                await ended.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    private static void CheckOptions(EncodeOptions options, ImageShape colours, ImageShape? alpha)
    {
        if (options.Quality is < 1 or > 100)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The quality {options.Quality} is not within 1..100.");
        if (options.Depth is not (8 or 16))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The depth {options.Depth} is neither 8 nor 16.");
        if (colours.Channels is not (1 or 3))
            throw new ArgumentException($"{colours.Channels} colour channels cannot be written, only 1 or 3.", nameof(colours));
        if (alpha is ImageShape shape && shape != colours with { Channels = 1 })
            throw new ArgumentException($"Alpha of {shape} does not fit colours of {colours}.", nameof(alpha));
        if (!options.Format.CanWrite)
            _ = ImageFormats.FromName(options.Format.Name);
        options.Format.Check(colours);
    }

    /// <returns>True when anything was put over white that is not opaque.</returns>
    private static async Task<bool> PushAsync(PixelFeed feed, StripWindow colours, StripWindow? alpha, bool flatten, CancellationToken cancellationToken)
    {
        RowPacker packer = new(colours, alpha, flatten, feed.Depth);
        int height = colours.Shape.Height;
        for (int top = 0; top < height;)
        {
            int bottom = Math.Min(height, top + feed.RowsInBuffer);
            await colours.MoveAsync(top, bottom, cancellationToken).ConfigureAwait(false);
            if (alpha is not null)
                await alpha.MoveAsync(top, bottom, cancellationToken).ConfigureAwait(false);
            byte[] buffer = await feed.RentAsync(cancellationToken).ConfigureAwait(false);
            for (int y = top; y < bottom; y++)
                packer.Pack(y, buffer.AsSpan((y - top) * feed.RowBytes, feed.RowBytes));
            feed.Push(buffer, (bottom - top) * feed.RowBytes);
            top = bottom;
        }

        return packer.Transparent;
    }

    private static void Save(
        Target target,
        PixelFeed feed,
        EncodeOptions options,
        int channels,
        ImageMetadata metadata,
        List<string> warnings,
        CancellationToken cancellationToken)
    {
        using Image pixels = feed.Open();
        using Image image = metadata.Attach(pixels, options.Format, channels, options.Software, warnings);
        // Savers that have read all rows may still work for long; some of them look at this flag.
        using CancellationTokenRegistration kill = cancellationToken.Register(() => image.SetKill(true));
        Operation.Call(options.Format.Saver, SaverOptions(options, image), image, target);
    }

    private static VOption SaverOptions(EncodeOptions options, Image image)
    {
        ImageFormat format = options.Format;
        VOption saver = [];
        if (format == ImageFormats.Jpeg || format == ImageFormats.WebP || format == ImageFormats.Avif || format == ImageFormats.Heif)
            saver.Add("Q", options.Quality);
        if (format == ImageFormats.Tiff)
        {
            saver.Add("compression", Enums.ForeignTiffCompression.Deflate);
            saver.Add("predictor", Enums.ForeignTiffPredictor.Horizontal);
            saver.Add("bigtiff", (long)image.Width * image.Height * image.Bands * PixelLayout.BytesOf(image.Format) > LargestClassicTiff);
        }
        else if (format == ImageFormats.Avif || format == ImageFormats.Heif)
        {
            saver.Add("compression", format == ImageFormats.Avif ? Enums.ForeignHeifCompression.Av1 : Enums.ForeignHeifCompression.Hevc);
            saver.Add("bitdepth", format.MaxDepth);
        }

        return saver;
    }
}
