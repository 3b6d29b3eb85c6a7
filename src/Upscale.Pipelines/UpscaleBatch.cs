using Upscale.Imaging;
using Upscale.Pipelines.Running;

namespace Upscale.Pipelines;

/// <summary>
/// Works on several pictures at once and gives their outcomes in the order in which they were added. It holds the names of
/// what it writes, so that no two sources write one file and no source is overwritten.
/// </summary>
public sealed class UpscaleBatch : IAsyncDisposable
{
    private readonly UpscaleEngine _engine;
    private readonly Action<UpscaleBatchEvent>? _observer;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stop;
    private readonly Queue<Task<UpscaleOutcome>> _outcomes = new();
    private readonly Dictionary<string, string> _sourceOfTarget = new(FilePath.Comparer);
    private readonly Dictionary<string, int> _sources = new(FilePath.Comparer);
    private readonly HashSet<string> _cleanFolders = new(FilePath.Comparer);
    private readonly Lazy<DateTimeOffset> _begun;
    private int _added;

    /// <param name="engine">Does the work.</param>
    /// <param name="throttleLimit">Pictures that are worked on at once, at least 1.</param>
    /// <param name="observer">Told what happens, on any thread; null for nobody.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public UpscaleBatch(UpscaleEngine engine, int throttleLimit, Action<UpscaleBatchEvent>? observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfLessThan(throttleLimit, 1);
        _engine = engine;
        _observer = observer;
        _places = new SemaphoreSlim(throttleLimit);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _begun = new Lazy<DateTimeOffset>(() => Journal?.Begun ?? Time.GetLocalNow());
    }

    /// <summary>Gets every outcome; what it says is done already is skipped. Not disposed here. Null for none.</summary>
    public RunJournal? Journal { get; init; }

    /// <summary>Gets every outcome. Not disposed here. Null for none.</summary>
    public RunReport? Report { get; init; }

    /// <summary>The clock for the names of results.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Outcomes that were not taken yet.</summary>
    public int Pending => _outcomes.Count;

    /// <summary>
    /// Says what sources there will be, before they are planned: none of them is overwritten by the result of another one. Pictures that
    /// this run made, or an earlier one with the same journal, are no sources, though they may lie beside them.
    /// </summary>
    /// <param name="sources">Full paths.</param>
    /// <returns>Those that are sources, in order.</returns>
    public IReadOnlyList<string> Announce(IEnumerable<string> sources)
    {
        string[] real = [.. sources.Where(source => Journal?.IsOwn(source) != true && !_sourceOfTarget.ContainsKey(source))];
        foreach (string source in real)
            _ = IndexOf(source);
        return real;
    }

    /// <summary>Plans one picture; nothing is written. One at a time.</summary>
    /// <exception cref="UpscaleException">The picture is refused; also when another one of the batch writes the same file.</exception>
    public async Task<UpscalePlan> PlanAsync(UpscaleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        UpscalePlan plan = await _engine.SettleAsync(request, IndexOf(request.Source), _begun.Value, _stop.Token).ConfigureAwait(false);
        JournalEntry? known = null;
        if (Journal is not null)
        {
            plan = plan with { Key = new JournalKey(request.Source, await _engine.FingerprintAsync(plan, _stop.Token).ConfigureAwait(false), plan.Target) };
            known = Journal.Find(plan.Key);
            if (known is not null)
                plan = await ResumeAsync(plan, known).ConfigureAwait(false);
        }

        // With a new name for every result, only that of this very result is taken again.
        bool own = Journal?.IsOwn(plan.Target) == true && (request.Existing != ExistingTarget.Rename || known is not null);
        if (request.Existing != ExistingTarget.Rename || own)
            CheckOneMaker(plan);
        if (plan.SkipReason is null)
            plan = TargetPolicy.Apply(plan, own, path => _sourceOfTarget.ContainsKey(path) || _sources.ContainsKey(path));
        if (plan.SkipReason is null)
            CheckSources(plan);
        _sourceOfTarget.Add(plan.Target, request.Source);
        return plan;
    }

    /// <summary>Queues a picture; it begins as soon as a place is free.</summary>
    public void Add(UpscalePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Task place = _places.WaitAsync(_stop.Token);
        _outcomes.Enqueue(RunAsync(_added++, plan, place));
    }

    /// <summary>Queues a failure in its turn.</summary>
    public void AddFailure(string source, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        Record(new JournalEntry { Time = default, State = JournalState.Failed, Source = source, ErrorId = Id(error), Message = error.Message });
        var outcome = new UpscaleOutcome(source, null, null, error);
        int order = _added++;
        _outcomes.Enqueue(Report is null ? Task.FromResult(outcome) : ReportAsync(order, outcome, _places.WaitAsync(_stop.Token)));
    }

    /// <summary>Waits for the next outcome in order. There must be one pending.</summary>
    /// <exception cref="OperationCanceledException">The batch was cancelled.</exception>
    public async Task<UpscaleOutcome> NextAsync()
    {
        UpscaleOutcome outcome = await _outcomes.Peek().ConfigureAwait(false);
        _ = _outcomes.Dequeue();
        return outcome;
    }

    /// <summary>Takes the next outcome in order if it is there.</summary>
    public bool TryNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out UpscaleOutcome? outcome)
    {
        outcome = null;
        if (!_outcomes.TryPeek(out Task<UpscaleOutcome>? next) || !next.IsCompleted)
            return false;
        outcome = next.GetAwaiter().GetResult();
        _ = _outcomes.Dequeue();
        return true;
    }

    /// <summary>Cancels what is not finished and waits until it has really ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        while (_outcomes.TryDequeue(out Task<UpscaleOutcome>? outcome))
            await ((Task)outcome).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _places.Dispose();
    }

    /// <summary>Takes over what the journal says of a result: nothing to do, or the name to make it under.</summary>
    private async Task<UpscalePlan> ResumeAsync(UpscalePlan plan, JournalEntry known)
    {
        if (plan.Request.Existing == ExistingTarget.Rename && Journal!.IsOwn(known.Target!))
            plan = plan with { Target = known.Target! };
        if (known.State != JournalState.Done || known.Stamp() is not { } stamp || !Journal!.IsOwn(plan.Target))
            return plan;
        SourceStamp now = await SourceStamp.TakeAsync(plan.Request.Source, stamp, _stop.Token).ConfigureAwait(false);
        return now.Sha256 == stamp.Sha256 ? plan with { SkipReason = "the journal says that it is done" } : plan;
    }

    private int IndexOf(string source)
    {
        if (!_sources.TryGetValue(source, out int index))
            _sources.Add(source, index = _sources.Count + 1);
        return index;
    }

    private void CheckOneMaker(UpscalePlan plan)
    {
        if (!_sourceOfTarget.TryGetValue(plan.Target, out string? other))
            return;
        throw Conflict(plan, FilePath.Comparer.Equals(other, plan.Request.Source)
            ? $"{plan.Target} is written for it already, since the name template does not tell its results apart"
            : $"{other} is written to {plan.Target} too");
    }

    private void CheckSources(UpscalePlan plan)
    {
        if (_sources.ContainsKey(plan.Target))
            throw Conflict(plan, $"{plan.Target} is itself a source of this run");
        if (_sourceOfTarget.TryGetValue(plan.Request.Source, out string? other))
            throw Conflict(plan, $"it is the result of {other} in this run");
    }

    private async Task<UpscaleOutcome> RunAsync(int order, UpscalePlan plan, Task place)
    {
        await place.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            _observer?.Invoke(new PictureStarted(plan));
            UpscaleOutcome outcome = await OutcomeAsync(plan).ConfigureAwait(false);
            Report?.Add(order, outcome);
            return outcome;
        }
        finally
        {
            _observer?.Invoke(new PictureFinished(plan));
            _places.Release();
        }
    }

    private async Task<UpscaleOutcome> ReportAsync(int order, UpscaleOutcome outcome, Task place)
    {
        await place.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Report!.Add(order, outcome);
            return outcome;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<UpscaleOutcome> OutcomeAsync(UpscalePlan plan)
    {
        string source = plan.Request.Source;
        JournalEntry? entry = null;
        long start = Time.GetTimestamp();
        try
        {
            if (Journal is not null)
                entry = await BeginAsync(plan).ConfigureAwait(false);
            if (plan.SkipReason is null)
                CleanFolder(Path.GetDirectoryName(plan.Target)!);
            var progress = _observer is null ? null : new Progress(p => _observer(new PictureProgressed(plan, p)));
            Action<string>? log = _observer is null ? null : message => _observer(new PictureLogged(plan, message));
            UpscaleResult result = await _engine.RunAsync(plan, progress, log, _stop.Token).ConfigureAwait(false);
            if (result.State == UpscaleState.Done && entry is not null)
                result = RecordDone(entry, result);
            return new UpscaleOutcome(source, result, plan, null);
        }
        catch (OperationCanceledException)
        {
            if (entry is not null)
                Record(entry with { State = JournalState.Cancelled });
            throw;
        }
        catch (Exception e)
        {
            if (entry is not null)
                Record(entry with { State = JournalState.Failed, ErrorId = Id(e), Message = e.Message, Seconds = Time.GetElapsedTime(start).TotalSeconds });
            return new UpscaleOutcome(source, null, plan, e);
        }
    }

    /// <summary>Writes down what begins, or why nothing does; null where the journal knows it already.</summary>
    private async Task<JournalEntry?> BeginAsync(UpscalePlan plan)
    {
        var entry = new JournalEntry
        {
            Time = default,
            State = JournalState.Started,
            Source = plan.Request.Source,
            Options = plan.Key!.Options,
            Target = plan.Target,
            Wanted = plan.Target == plan.Key.Wanted ? null : plan.Key.Wanted,
        };
        JournalEntry? known = Journal!.Find(plan.Key);
        if (plan.SkipReason is not null)
        {
            if (known is null)
                Record(entry with { State = JournalState.Skipped, Message = plan.SkipReason });
            return null;
        }

        SourceStamp stamp = await SourceStamp.TakeAsync(plan.Request.Source, known?.Stamp(), _stop.Token).ConfigureAwait(false);
        entry = entry with { SourceLength = stamp.Length, SourceModified = stamp.Modified, SourceSha256 = stamp.Sha256 };
        Journal.Append(entry);
        return entry;
    }

    private UpscaleResult RecordDone(JournalEntry entry, UpscaleResult result)
    {
        string? trouble = Record(entry with
        {
            State = JournalState.Done,
            TargetLength = new FileInfo(result.Path).Length,
            Width = result.Width,
            Height = result.Height,
            Seconds = result.Elapsed.TotalSeconds,
            Warnings = result.Warnings,
        });
        return trouble is null ? result : result with { Warnings = [.. result.Warnings, $"{trouble} A run that is started again makes the picture again."] };
    }

    /// <summary>Writes down an outcome that stands whatever becomes of the journal; what is wrong with it, or null.</summary>
    private string? Record(JournalEntry entry)
    {
        try
        {
            Journal?.Append(entry);
            return null;
        }
        catch (UpscaleException e)
        {
            return e.Message;
        }
    }

    private void CleanFolder(string folder)
    {
        lock (_cleanFolders)
        {
            if (_cleanFolders.Add(folder))
                TargetFile.RemoveLeftovers(folder);
        }
    }

    private static string Id(Exception error) => error is UpscaleException expected ? expected.ErrorId : error.GetType().Name;

    private static UpscaleException Conflict(UpscalePlan plan, string why)
        => new(UpscaleErrorId.TargetConflict, $"{plan.Request.Source} is not upscaled: {why}. Choose another destination or name template, or have results renamed.");

    /// <summary>Reports on the caller's thread, in order.</summary>
    private sealed class Progress(Action<UpscaleProgress> report) : IProgress<UpscaleProgress>
    {
        public void Report(UpscaleProgress value) => report(value);
    }
}
