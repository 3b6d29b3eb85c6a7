using System.Globalization;
using System.Runtime.InteropServices;
using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// Decodes a picture once, from the top down, on a thread of its own (a libvips region belongs to the thread that made it)
/// and hands every strip to the sources for colours and alpha. It runs a little ahead of the source that is read faster.
/// </summary>
internal sealed class StripDecoder : IAsyncDisposable
{
    private const int Ahead = 2;
    private const long StripBytes = 2 << 20;
    private const int UsualRows = 16;
    private const long MaxStripBytes = 64 << 20;
    private const int FetchBytes = 96 << 10;

    private readonly Func<Image>? _reopen;
    private readonly ImageHeader _header;
    private readonly ReadOptions _options;
    private readonly bool _shared;
    private readonly SemaphoreSlim _demand = new(0);
    private readonly Lock _lock = new();
    private Image _image;
    private Task? _run;
    private int _next;
    private volatile bool _stopped;

    /// <param name="image">As loaded, for sequential access; owned by the decoder.</param>
    /// <param name="header">Of the upright picture.</param>
    /// <param name="options">The limit for turning in memory, and the space of colours.</param>
    /// <param name="shared">True for a part of an image of which other parts are read later.</param>
    /// <param name="reopen">Loads the picture once more, taking what is there, after it could not be decoded to its end; null where that is an error.</param>
    public StripDecoder(Image image, ImageHeader header, ReadOptions options, bool shared, Func<Image>? reopen)
    {
        _shared = shared;
        _image = image;
        _reopen = reopen;
        _header = header;
        _options = options;
        Colours = new StripQueue(this, header.Shape);
        if (header.HasAlpha)
            Alpha = new StripQueue(this, header.Shape with { Channels = 1 });
    }

    public StripQueue Colours { get; }

    public StripQueue? Alpha { get; }

    /// <summary>What could not be decoded, in a sentence; null for nothing.</summary>
    public string? Damage { get; private set; }

    private bool Wanted => (Colours.Open && Colours.Count < Ahead) || (Alpha is { Open: true } alpha && alpha.Count < Ahead);

    private bool AnyOpen => Colours.Open || Alpha is { Open: true };

    /// <summary>Begins to decode on the first call.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (!_stopped)
                _run ??= Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Tells that a strip was taken or a source closed.</summary>
    public void Wake() => _demand.Release();

    /// <summary>Stops the native work, waits for it, and lets go of the strips that wait.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? run;
        lock (_lock)
        {
            if (_stopped)
                return;
            _stopped = true;
            run = _run;
        }

        // It would kill what follows too. Without it, the work ends with the rows that are being decoded.
        if (!_shared)
        {
            lock (_lock)
                _image.SetKill(true);
        }

        Wake();
        if (run is not null)
            await run.ConfigureAwait(false);
        await Colours.DisposeAsync().ConfigureAwait(false);
        if (Alpha is not null)
            await Alpha.DisposeAsync().ConfigureAwait(false);
        _image.Dispose();
    }

    private void Run()
    {
        Exception? error = null;
        using VipsLibrary.LogScope log = VipsLibrary.CaptureLog();
        try
        {
            try
            {
                Decode();
            }
            catch (VipsException e) when (_reopen is not null && !_stopped)
            {
                Damage = string.Create(
                    CultureInfo.InvariantCulture,
                    $"The file is damaged ({VipsLibrary.Reason(e, log)}): from about row {_next} of {_header.Height} on the picture is not what was in it.");
                Image image = _reopen();
                lock (_lock)
                    (_image, image) = (image, _image);
                image.Dispose();
                Decode();
            }
        }
        catch (VipsException e)
        {
            string reason = VipsLibrary.Reason(e, log);
            error = new UpscaleException(UpscaleErrorId.ImageCorrupt, $"'{_header.Path}' cannot be decoded: {reason}. Get a whole copy of the file.", e);
        }
        catch (Exception e)
        {
            error = e;
        }

        Colours.Complete(error);
        Alpha?.Complete(error);
    }

    private void Decode()
    {
        using Image normal = PixelLayout.Normalise(_image, _options.RgbSpace);
        PixelLayout layout = PixelLayout.Of(normal);
        using TurnedImage turned = new(normal, _header.Path, _options.MaxBytesTurnedInMemory);
        Image image = turned.Upright;
        using PixelRegion region = new(image);
        int rows = RowsInStrip(image.Width, layout.Channels + (layout.AlphaBand is null ? 0 : 1));
        for (; _next < image.Height; _next += rows)
        {
            int top = _next;
            while (!Wanted && AnyOpen && !_stopped)
                _demand.Wait();
            if (_stopped || !AnyOpen)
                return;
            int height = Math.Min(rows, image.Height - top);
            Strip? colours = Colours.Open ? new Strip(image.Width, layout.Channels, top, height) : null;
            Strip? alpha = Alpha is { Open: true } ? new Strip(image.Width, 1, top, height) : null;
            try
            {
                Fill(region, layout, colours, alpha, top, height);
            }
            catch
            {
                colours?.Dispose();
                alpha?.Dispose();
                throw;
            }

            if (colours is not null)
                Colours.Add(colours);
            if (alpha is not null)
                Alpha!.Add(alpha);
        }
    }

    private static int RowsInStrip(int width, int channels)
    {
        long rowBytes = (long)width * channels * sizeof(float);
        long rows = Math.Max(UsualRows, StripBytes / rowBytes / UsualRows * UsualRows);
        return (int)Math.Max(1, Math.Min(rows, MaxStripBytes / rowBytes));
    }

    private static void Fill(PixelRegion region, PixelLayout layout, Strip? colours, Strip? alpha, int top, int height)
    {
        // A few rows at a time stay in the processor's cache between the decoder and the conversion.
        int rows = Math.Clamp(FetchBytes / region.RowBytes, 1, height);
        for (int y = top; y < top + height; y += rows)
        {
            int count = Math.Min(rows, top + height - y);
            ReadOnlySpan<byte> samples = region.Fetch(y, count);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> row = samples.Slice(i * region.RowBytes, region.RowBytes);
                for (int channel = 0; colours is not null && channel < layout.Channels; channel++)
                    Unpack(row, layout, channel, colours.Row(channel, y + i));
                if (alpha is not null)
                    Unpack(row, layout, layout.AlphaBand!.Value, alpha.Row(0, y + i));
            }
        }
    }

    private static void Unpack(ReadOnlySpan<byte> row, PixelLayout layout, int band, Span<float> plane)
    {
        switch (layout.Format)
        {
            case Enums.BandFormat.Uchar:
                SampleConverter.Unpack(row, layout.Bands, band, plane);
                break;
            case Enums.BandFormat.Ushort:
                SampleConverter.Unpack(MemoryMarshal.Cast<byte, ushort>(row), layout.Bands, band, layout.Bits, plane);
                break;
            default:
                SampleConverter.Unpack(MemoryMarshal.Cast<byte, float>(row), layout.Bands, band, plane);
                break;
        }
    }
}
