using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Host;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// The progress of a batch as three nested records: all pictures, the picture that began first, and its tiles. Told from any
/// thread; read from the pipeline's, which gets nothing when it has just read, nor in the first moment: short work shows none.
/// </summary>
internal sealed class BatchProgress
{
    private const int BatchId = 0;
    private const int PictureId = 1;
    private const int TileId = 2;

    // The console paints this often, and then only what is written anew: unchanged records are written again.
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly List<Picture> _running = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HashSet<int> _shown = [];
    private TimeSpan _lastRead;
    private int _expected;
    private int _taken;

    /// <summary>True when somebody looks: the session is interactive and its host has a screen.</summary>
    public static bool CanBeShown(PSHost host)
    {
        if (!Environment.UserInteractive || Environment.GetCommandLineArgs().Any(a => a.StartsWith("-noni", StringComparison.OrdinalIgnoreCase)))
            return false;
        try
        {
            return host.UI.RawUI.WindowSize.Width > 0;
        }
        catch (Exception e) when (e is RuntimeException or NotImplementedException)
        {
            // What PowerShell puts before the real host has every member; that the host lacks one is seen when it is used.
            return false;
        }
    }

    /// <summary>Says how many pictures there will be, where that is known.</summary>
    public void Expect(int pictures)
    {
        lock (_lock)
            _expected = pictures;
    }

    /// <summary>Counts a picture whose outcome was taken.</summary>
    public void CountOutcome()
    {
        lock (_lock)
            _taken++;
    }

    /// <summary>Follows a picture.</summary>
    public void Observe(UpscaleBatchEvent happened)
    {
        lock (_lock)
        {
            switch (happened)
            {
                case PictureStarted:
                    _running.Add(new Picture(happened.Plan, _clock.Elapsed));
                    break;
                case PictureProgressed progressed when _running.Find(p => ReferenceEquals(p.Plan, happened.Plan)) is { } picture:
                    picture.Progress = progressed.Progress;
                    break;
                case PictureFinished:
                    _running.RemoveAll(p => ReferenceEquals(p.Plan, happened.Plan));
                    break;
            }
        }
    }

    /// <summary>What is to be written now.</summary>
    public IReadOnlyList<ProgressRecord> Records()
    {
        lock (_lock)
        {
            if (_clock.Elapsed - _lastRead < s_interval)
                return [];
            _lastRead = _clock.Elapsed;
            ProgressRecord[] records = [Batch(), .. _running.Take(1).SelectMany(Of)];
            _shown.UnionWith(records.Select(r => r.ActivityId));
            return records;
        }
    }

    /// <summary>What takes the records off the screen, innermost first.</summary>
    public IReadOnlyList<ProgressRecord> Completed()
    {
        lock (_lock)
        {
            int[] shown = [.. _shown.OrderDescending()];
            _shown.Clear();
            return [.. shown.Select(id => new ProgressRecord(id, "Upscale", "Done") { RecordType = ProgressRecordType.Completed })];
        }
    }

    private ProgressRecord Batch()
    {
        bool known = _expected >= _taken + _running.Count && _expected > 0;
        double done = _taken + _running.Sum(p => p.Fraction);
        return new ProgressRecord(BatchId, "Upscale", known ? $"{_taken} of {_expected} pictures" : $"{_taken} pictures done")
        {
            PercentComplete = known ? (int)(100 * done / _expected) : -1,
            SecondsRemaining = known ? Remaining(_clock.Elapsed, done / _expected) : -1,
        };
    }

    private IEnumerable<ProgressRecord> Of(Picture picture)
    {
        ImageShape from = picture.Plan.Input;
        ImageShape to = picture.Plan.Output;
        string stages = string.Join(" > ", picture.Plan.Stages.Select(s => s.Id));
        yield return new ProgressRecord(PictureId, Path.GetFileName(picture.Plan.Request.Source), $"{from.Width} x {from.Height} to {to.Width} x {to.Height}: {stages}")
        {
            ParentActivityId = BatchId,
            PercentComplete = (int)(100 * picture.Fraction),
        };
        yield return new ProgressRecord(TileId, "Tiles", $"{picture.Progress.TilesDone} of {picture.Progress.TilesTotal}")
        {
            ParentActivityId = PictureId,
            PercentComplete = (int)(100 * picture.Fraction),
            SecondsRemaining = Remaining(_clock.Elapsed - picture.Start, picture.Fraction),
        };
    }

    private static int Remaining(TimeSpan elapsed, double fraction)
        => fraction > 0 ? (int)Math.Min(int.MaxValue, elapsed.TotalSeconds * (1 - fraction) / fraction) : -1;

    private sealed class Picture(UpscalePlan plan, TimeSpan start)
    {
        public UpscalePlan Plan => plan;

        public TimeSpan Start => start;

        public UpscaleProgress Progress { get; set; } = new(0, plan.Tiles);

        public double Fraction => Progress.TilesTotal == 0 ? 0 : Math.Clamp((double)Progress.TilesDone / Progress.TilesTotal, 0, 1);
    }
}
