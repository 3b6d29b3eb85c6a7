using System.Globalization;
using System.Text;
using Upscale.Imaging;

namespace Upscale.Pipelines;

/// <summary>
/// A page that shows every picture of a run before and after, with what became of it. It stands alone: pictures, style and script are in
/// it, and it loads nothing. Its rows wait on the disk, so that it takes little memory whatever the number of pictures. Thread-safe.
/// </summary>
public sealed class RunReport : IDisposable
{
    private const int ThumbnailSide = 640;
    private const long MostThumbnailBytes = 96L << 20;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _begun;
    private readonly FileStream _rows;
    private readonly Lock _lock = new();
    private readonly List<(int Order, long Offset, int Length)> _parts = [];
    private readonly ReportTotals _totals = new();
    private long _thumbnailBytes;

    private RunReport(string path, FileStream rows, TimeProvider time)
    {
        _path = path;
        _rows = rows;
        _time = time;
        _begun = time.GetLocalNow();
    }

    /// <summary>Begins a report. An earlier report is replaced at the end; another file is not.</summary>
    /// <param name="path">Full path of the page; its folder is made when it is missing.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static RunReport Create(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            TargetFile.Check(path, force: true);
            if (File.Exists(path) && !IsReport(path))
                throw new UpscaleException(UpscaleErrorId.TargetExists, $"The report is not written to '{path}': a file is there that is no report. Choose another name.");
            TargetFile.RemoveLeftovers(Path.GetDirectoryName(path)!);
            return new RunReport(path, ScratchFile(), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(path, e);
        }
    }

    /// <summary>Writes what is known so far, whole or not at all.</summary>
    /// <param name="complete">False when the run was ended early.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public void Write(bool complete)
    {
        lock (_lock)
        {
            using TargetFile file = TargetFile.Create(_path);
            file.Change(temporary =>
            {
                using FileStream stream = new(temporary, FileMode.Open, FileAccess.Write);
                stream.Write(Encoding.UTF8.GetBytes(ReportPage.Head(_totals, _begun, _time.GetLocalNow(), complete)));
                foreach ((_, long offset, int length) in _parts.OrderBy(p => p.Order))
                {
                    byte[] row = new byte[length];
                    _rows.Position = offset;
                    _rows.ReadExactly(row);
                    stream.Write(row);
                }

                stream.Write(Encoding.UTF8.GetBytes(ReportPage.Tail()));
            });
            file.Commit(force: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    /// <summary>Takes in an outcome.</summary>
    /// <param name="order">Its place on the page.</param>
    /// <param name="outcome">How a picture ended.</param>
    internal void Add(int order, UpscaleOutcome outcome)
    {
        // A picture that was refused may be refused for what decoding it would do.
        byte[]? before = outcome.Plan is null ? null : Picture(outcome.Source);
        byte[]? after = outcome.Result is { } result ? Picture(result.Path) : null;
        byte[] row = Encoding.UTF8.GetBytes(ReportPage.Row(outcome, before, after, Path.GetDirectoryName(_path)!));
        lock (_lock)
        {
            long offset = _rows.Length;
            _totals.Count(outcome);
            try
            {
                _rows.Position = offset;
                _rows.Write(row);
                _rows.Flush();
                _parts.Add((order, offset, row.Length));
            }
            catch (IOException)
            {
                // The outcome itself stands; the page tells that a row is missing.
                _totals.Lost++;
            }
        }
    }

    private byte[]? Picture(string path)
    {
        if (Interlocked.Read(ref _thumbnailBytes) > MostThumbnailBytes)
        {
            lock (_lock)
                _totals.WithoutPictures = true;
            return null;
        }

        byte[]? picture = Thumbnail.Make(path, ThumbnailSide);
        Interlocked.Add(ref _thumbnailBytes, picture?.Length ?? 0);
        return picture;
    }

    private static bool IsReport(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read);
        byte[] start = new byte[ReportPage.Start.Length];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && Encoding.ASCII.GetString(start) == ReportPage.Start;
    }

    /// <summary>A file that is gone when the process is, whatever ends it.</summary>
    private static FileStream ScratchFile()
    {
        string path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"upscale-report-{Guid.NewGuid():N}.tmp"));
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }

    private static UpscaleException WriteFailed(string path, Exception cause)
        => new(UpscaleErrorId.FileWriteFailed, $"The report '{path}' cannot be written: {cause.Message}", cause);
}
