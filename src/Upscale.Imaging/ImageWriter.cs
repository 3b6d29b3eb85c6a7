using System.Globalization;
using System.Runtime.ExceptionServices;
using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging;

/// <summary>
/// Writes float rows into a file. Rows are pulled, packed and encoded at the same time, and the picture is never held as a
/// whole, but by libvips itself for WebP, GIF, AVIF and HEIF. Of an animation libvips holds some frames and what it has encoded, since both are written at
/// the end; of pages nothing is held, but each goes through a file of its own.
/// </summary>
public static class ImageWriter
{
    // TIFF's offsets have 32 bits. Pixels that do not compress take a little more room than they have bytes.
    private const long LargestClassicTiff = 4_000_000_000;
    private const int PyramidTile = 256;

    // Measured on enlarged photographs: the highest levels take up to four times the time for 3 % of the size. PNG is filtered, which saves 45 %.
    private const int PngLevel = 4;
    private const int TiffLevel = 3;

    /// <summary>Refuses a target that cannot be written, before any work. Writing checks again.</summary>
    /// <param name="path">The file to be made.</param>
    /// <param name="force">True when an existing file may be replaced.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static void CheckTarget(string path, bool force)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TargetFile.Check(Path.GetFullPath(path), force);
    }

    /// <summary>Refuses options that do not go together or with the format, before any work. Writing checks again.</summary>
    /// <param name="options">How the picture would be written.</param>
    /// <param name="shape">Of the picture.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>, <see cref="UpscaleErrorId.ImageTooLarge"/>.</exception>
    public static void CheckOptions(EncodeOptions options, ImageShape shape)
    {
        ArgumentNullException.ThrowIfNull(options);
        ImageFormat format = options.Format;
        if (options.Quality is < 1 or > 100)
            throw Unfit($"The quality {options.Quality} is not within 1..100.");
        if (!Enum.IsDefined(options.Depth))
            throw Unfit($"The depth {options.Depth} is none of {string.Join(", ", SampleDepths.Names)}.");
        if (!format.CanWrite)
            _ = ImageFormats.FromName(format.Name);
        if (options.Lossless && !format.HoldsEverySample)
            throw Unfit($"A {format} file cannot be without loss. Choose the format {Names(f => f.HoldsEverySample)}.");
        if (options.Compression is { } compression && !format.Compressions.Contains(compression, StringComparer.OrdinalIgnoreCase))
        {
            throw Unfit(format.Compressions.Count > 0
                ? $"The compression '{compression}' is none that a {format} file has. Choose one of {string.Join(", ", format.Compressions)}."
                : $"A {format} file has no choice of compression. Choose the format {Names(f => f.Compressions.Count > 0)}, or the quality.");
        }

        if (options.Subsampling != ChromaSubsampling.Auto && !format.Subsamples)
            throw Unfit($"A {format} file has no choice of subsampling. Choose the format {Names(f => f.Subsamples)}.");
        if (options.Subsampling == ChromaSubsampling.On && options.Lossless)
            throw Unfit("Nothing is lost without subsampling only. Leave out one of the two.");
        if (options.Pyramid && format != ImageFormats.Tiff)
            throw Unfit($"A {format} file holds no pyramid. Choose the format tiff.");
        format.Check(shape);
    }

    /// <summary>As <see cref="CheckOptions(EncodeOptions, ImageShape)"/>, for all frames or pages of a file.</summary>
    /// <param name="options">How they would be written.</param>
    /// <param name="shapes">Of the frames.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>, <see cref="UpscaleErrorId.FormatNotSupported"/>, <see cref="UpscaleErrorId.ImageTooLarge"/>.</exception>
    public static void CheckOptions(EncodeOptions options, IReadOnlyList<ImageShape> shapes)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(shapes);
        ImageShape[] different = [.. shapes.Distinct()];
        foreach (ImageShape shape in different)
            CheckOptions(options, shape);
        if (shapes.Count == 1)
            return;
        ImageFormat format = options.Format;
        if (!format.HoldsFrames)
            throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"A {format} file holds one picture, and there are {shapes.Count}. Choose the format {Names(f => f.HoldsFrames)}, or take one picture with -Frame.");
        if (options.Pyramid)
            throw Unfit("A file of several pages holds no pyramid. Leave it out, or take one page with -Frame.");
        if (format.HoldsTimes && different.Length > 1)
            throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"The frames of a {format} file have one size and kind of colour, and these pages are of {different[0]} and {different[1]}. Choose the format {Names(f => f.HoldsFrames && !f.HoldsTimes)}, or take one page with -Frame.");
        if (format.HoldsTimes && (long)different[0].Height * shapes.Count > ImageFormats.MaxRows)
            throw new UpscaleException(UpscaleErrorId.ImageTooLarge, $"All frames of a {format} file together have at most {ImageFormats.MaxRows} rows, and these {shapes.Count} of {different[0].Height} have more. Choose a smaller scale.");
    }

    /// <summary>
    /// Reads both sources from top to bottom, clips to 0..1 but for float samples, rounds to nearest and writes. The file appears under its name when
    /// it is whole; after a failure or a cancel nothing is left behind.
    /// </summary>
    /// <param name="path">The file to be made, in a folder that exists.</param>
    /// <param name="options">Format, quality, depth.</param>
    /// <param name="colours">1 or 3 channels; disposed at the end, also after a failure.</param>
    /// <param name="alpha">Straight alpha of the same width and height, or null; disposed likewise. Over the background where the format holds none.</param>
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
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(colours);
        ArgumentNullException.ThrowIfNull(metadata);
        await using ImageFrame frame = new(colours, alpha, metadata);
        return await WriteAsync(path, options, [colours.Shape], null, new[] { frame }.ToAsyncEnumerable(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The same for frames or pages, one after the other. In a format with times they become an animation, in one without pages; one alone becomes a picture
    /// as any other.
    /// </summary>
    /// <param name="path">The file to be made, in a folder that exists.</param>
    /// <param name="options">Format, quality, depth.</param>
    /// <param name="shapes">Of the frames that will come, at least one.</param>
    /// <param name="animation">When the frames are shown; null for pages.</param>
    /// <param name="frames">As many as there are shapes; each is disposed before the next one is asked for.</param>
    /// <param name="cancellationToken">Stops both sides and waits for them.</param>
    /// <returns>What was not kept or was done differently than asked, in sentences, each once.</returns>
    /// <exception cref="UpscaleException">As the other overload.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string path,
        EncodeOptions options,
        IReadOnlyList<ImageShape> shapes,
        Animation? animation,
        IAsyncEnumerable<ImageFrame> frames,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(frames);
        path = Path.GetFullPath(path);
        CheckOptions(options, shapes);
        TargetFile.Check(path, options.Force);
        using TargetFile file = TargetFile.Create(path);
        List<string> warnings = [];
        await using IAsyncEnumerator<ImageFrame> source = frames.GetAsyncEnumerator(cancellationToken);
        if (shapes.Count > 1 && !options.Format.HoldsTimes)
        {
            await WritePagesAsync(path, file, options, shapes, source, warnings, cancellationToken).ConfigureAwait(false);
            if (animation is not null)
                warnings.Add($"Not kept, as {options.Format} files have no place for it: the times of the frames.");
        }
        else
        {
            animation = shapes.Count > 1 ? FitTimes(animation, shapes.Count, options.Format, warnings) : null;
            await WriteFileAsync(path, file, options, new FrameQueue(source, shapes), animation, false, warnings, cancellationToken).ConfigureAwait(false);
        }

        file.Commit(options.Force);
        return [.. warnings.Distinct()];
    }

    /// <summary>Pixels alone, into an open target.</summary>
    /// <param name="target">For the saver.</param>
    /// <param name="options">How they are written.</param>
    /// <param name="frames">With the first one taken.</param>
    /// <param name="animation">When the frames are shown; null for one picture.</param>
    /// <param name="parcel">What goes into the file beside them.</param>
    /// <param name="bigTiff">True for a TIFF file whose offsets have 64 bits whatever its size.</param>
    /// <param name="warnings">Receives what is not kept.</param>
    /// <param name="cancellationToken">Stops both sides.</param>
    /// <exception cref="VipsException">The saver failed.</exception>
    internal static async Task EncodeAsync(
        Target target,
        EncodeOptions options,
        FrameQueue frames,
        Animation? animation,
        MetadataParcel parcel,
        bool bigTiff,
        List<string> warnings,
        CancellationToken cancellationToken)
    {
        ImageShape shape = frames.Current.Colours.Shape;
        bool hasAlpha = frames.Current.Alpha is not null;
        SampleDepth depth = options.Depth <= options.Format.MaxDepth ? options.Depth : options.Format.MaxDepth;
        if (depth < options.Depth)
            warnings.Add($"The result has {SampleDepths.Describe(depth)} for each sample{(options.Depth == SampleDepth.Float ? ", and values outside 0..1 are clipped" : "")}: {options.Format.Name} holds no more.");
        else if (depth == SampleDepth.Sixteen && options.Format.BitsOfWords < 16)
            warnings.Add($"The result has {options.Format.BitsOfWords} bits for each sample: {options.Format.Name} holds no more.");
        if (options.Format == ImageFormats.Gif)
            warnings.Add("The colours were reduced to 256, and transparency to on or off: gif holds no more.");
        RgbColour? background = hasAlpha && !options.Format.HoldsAlpha ? options.Background : null;
        int count = animation?.Delays.Count ?? 1;
        using PixelFeed feed = new(shape with { Height = shape.Height * count }, hasAlpha && background is null, depth);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task saving = SaveAsync();
        Exception? pushError = null;
        bool transparent = false;
        try
        {
            for (int i = 0; i < count; i++)
            {
                if (i > 0)
                    await frames.MoveNextAsync().ConfigureAwait(false);
                await using ImageFrame frame = frames.Current;
                if (frame.Alpha is null == hasAlpha)
                    throw new ArgumentException($"Some frames have alpha and others have not, which a {options.Format} file does not hold.");
                bool dither = (frame.Dither ?? options.Dither) && options.Format != ImageFormats.Gif;
                transparent |= await PushAsync(feed, frame, background, options.Format.BitsOfWords, dither, ended.Token).ConfigureAwait(false);
            }

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
        if (transparent)
            warnings.Add($"The transparent picture was put over {background}: {options.Format.Name} holds no transparency.");

        async Task SaveAsync()
        {
            try
            {
                await Task.Factory.StartNew(
                    () => Save(target, feed, options, animation, shape.Height, parcel, bigTiff, cancellationToken),
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

    /// <summary>Every page becomes a file, and all of them one.</summary>
    private static async Task WritePagesAsync(
        string path, TargetFile file, EncodeOptions options, IReadOnlyList<ImageShape> shapes, IAsyncEnumerator<ImageFrame> source, List<string> warnings, CancellationToken cancellationToken)
    {
        // All pages have offsets of one size; with alpha, and as float, they are as large as they can be.
        bool bigTiff = shapes.Sum(s => (long)s.Width * s.Height * (s.Channels + 1) * sizeof(float)) > LargestClassicTiff;
        TiffPages pages = new();
        for (int i = 0; i < shapes.Count; i++)
        {
            FrameQueue one = new(source, [shapes[i]]);
            if (i == 0)
            {
                await WriteFileAsync(path, file, options, one, null, bigTiff, warnings, cancellationToken).ConfigureAwait(false);
                continue;
            }

            using TargetFile page = TargetFile.Create(path);
            await WriteFileAsync(path, page, options, one, null, bigTiff, warnings, cancellationToken).ConfigureAwait(false);
            file.Change(temporary => pages.Append(temporary, page.TemporaryPath));
        }
    }

    private static async Task WriteFileAsync(
        string path, TargetFile file, EncodeOptions options, FrameQueue frames, Animation? animation, bool bigTiff, List<string> warnings, CancellationToken cancellationToken)
    {
        await frames.MoveNextAsync().ConfigureAwait(false);
        await using ImageFrame first = frames.Current;
        options = options with { Depth = first.Depth ?? options.Depth };
        MetadataParcel parcel = first.Metadata.For(options, first.Colours.Shape, warnings);
        using (HeadTarget? head = HeadTarget.Open(file.TemporaryPath, options.Format, parcel))
        {
            using Target? plain = head is null ? Target.NewToFile(file.TemporaryPath) : null;
            try
            {
                await EncodeAsync(head?.Target ?? plain!, options, frames, animation, parcel, bigTiff, warnings, cancellationToken).ConfigureAwait(false);
            }
            catch (VipsException e)
            {
                string reason = head?.Error is { } error ? VipsLibrary.Reason(error.Message) : VipsLibrary.Reason(e);
                throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: {reason}.", e);
            }
        }

        if (options.Format == ImageFormats.Tiff)
            file.Change(temporary => TiffFields.Write(temporary, parcel));
        if (options.Format == ImageFormats.WebP && animation is not null)
            file.Change(temporary => WebPChunks.SetTimes(temporary, animation.Delays));
        if (options.Format == ImageFormats.WebP && (parcel.Exif is not null || parcel.Xmp is not null))
            file.Change(temporary => WebPChunks.Write(temporary, parcel.Exif, parcel.Xmp));
    }

    private static Animation FitTimes(Animation? animation, int frames, ImageFormat format, List<string> warnings)
    {
        if (animation is null)
        {
            warnings.Add("The pages tell no times; each is shown for a tenth of a second.");
            return Animation.OfPages(frames);
        }

        if (format != ImageFormats.Gif)
            return animation;
        // Hundredths of a second in 16 bits.
        int[] delays = [.. animation.Delays.Select(d => Math.Min(ushort.MaxValue, (int)Math.Round(d / 10.0)) * 10)];
        if (!delays.SequenceEqual(animation.Delays))
            warnings.Add("The times of the frames were rounded to what gif holds: hundredths of a second.");
        return animation with { Delays = delays };
    }

    private static string Names(Func<ImageFormat, bool> predicate) => string.Join(" or ", ImageFormats.All.Where(f => f.CanWrite && predicate(f)).Select(f => f.Name));

    private static UpscaleException Unfit(string message) => new(UpscaleErrorId.OptionInvalid, message);

    /// <returns>True when anything was put over the background that is not opaque.</returns>
    private static async Task<bool> PushAsync(PixelFeed feed, ImageFrame frame, RgbColour? background, int bitsOfWords, bool dither, CancellationToken cancellationToken)
    {
        (StripWindow colours, StripWindow? alpha) = (frame.Colours, frame.Alpha);
        RowPacker packer = new(colours, alpha, background, feed.Depth, bitsOfWords, dither);
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

    private static void Save(Target target, PixelFeed feed, EncodeOptions options, Animation? animation, int frameHeight, MetadataParcel parcel, bool bigTiff, CancellationToken cancellationToken)
    {
        using Image pixels = feed.Open();
        using Image image = SaverMetadata.Attach(pixels, options.Format, parcel, animation, frameHeight);
        // Savers that have read all rows may still work for long; some of them look at this flag.
        using CancellationTokenRegistration kill = cancellationToken.Register(() => image.SetKill(true));
        Operation.Call(options.Format.Saver, SaverOptions(options, image, parcel, bigTiff), image, target);
    }

    private static VOption SaverOptions(EncodeOptions options, Image image, MetadataParcel parcel, bool bigTiff)
    {
        ImageFormat format = options.Format;
        VOption saver = new() { { "keep", SaverMetadata.Keep(format, parcel) } };
        if (format == ImageFormats.Png)
        {
            int level = options.Compression is { } name ? int.Parse(name, CultureInfo.InvariantCulture) : PngLevel;
            saver.Add("compression", level);
            saver.Add("filter", level == 0 ? Enums.ForeignPngFilter.None : Enums.ForeignPngFilter.All);
        }

        if (format == ImageFormats.Tiff)
            AddTiff(saver, options, image, bigTiff);
        if (format == ImageFormats.Gif)
            saver.Add("keep_duplicate_frames", true);
        if (format == ImageFormats.Avif || format == ImageFormats.Heif)
        {
            saver.Add("compression", format == ImageFormats.Avif ? Enums.ForeignHeifCompression.Av1 : Enums.ForeignHeifCompression.Hevc);
            saver.Add("bitdepth", image.Format == Enums.BandFormat.Ushort ? format.BitsOfWords : 8);
        }

        if (options.Lossless && format != ImageFormats.Png && format != ImageFormats.Tiff)
        {
            saver.Add("lossless", true);
            // Or colours under alpha 0 would be lost.
            if (format == ImageFormats.WebP)
                saver.Add("exact", true);
        }
        else if (format == ImageFormats.Jpeg || format == ImageFormats.WebP || format == ImageFormats.Avif || format == ImageFormats.Heif)
            saver.Add("Q", options.Quality);
        if (format.Subsamples && !options.Lossless)
            saver.Add("subsample_mode", options.Subsampling switch { ChromaSubsampling.On => Enums.ForeignSubsample.On, ChromaSubsampling.Off => Enums.ForeignSubsample.Off, _ => Enums.ForeignSubsample.Auto });
        return saver;
    }

    private static void AddTiff(VOption saver, EncodeOptions options, Image image, bool bigTiff)
    {
        Enums.ForeignTiffCompression compression = options.Compression is { } name ? Enum.Parse<Enums.ForeignTiffCompression>(name, ignoreCase: true) : Enums.ForeignTiffCompression.Deflate;
        saver.Add("compression", compression);
        if (compression is Enums.ForeignTiffCompression.Lzw or Enums.ForeignTiffCompression.Deflate)
            saver.Add("predictor", image.Format == Enums.BandFormat.Float ? Enums.ForeignTiffPredictor.Float : Enums.ForeignTiffPredictor.Horizontal);
        if (compression == Enums.ForeignTiffCompression.Deflate)
            saver.Add("level", TiffLevel);
        long bytes = (long)image.Width * image.Height * image.Bands * PixelLayout.BytesOf(image.Format);
        if (options.Pyramid)
        {
            // All smaller pictures together have a third of the pixels.
            bytes += bytes / 3;
            saver.Add("tile", true);
            saver.Add("tile_width", PyramidTile);
            saver.Add("tile_height", PyramidTile);
            saver.Add("pyramid", true);
        }

        saver.Add("bigtiff", bigTiff || bytes > LargestClassicTiff);
    }
}
