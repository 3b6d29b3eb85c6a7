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
    private readonly HashSet<string> _sources = new(FilePath.Comparer);

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
    }

    /// <summary>Outcomes that were not taken yet.</summary>
    public int Pending => _outcomes.Count;

    /// <summary>Plans one picture; nothing is written.</summary>
    /// <exception cref="UpscaleException">The picture is refused; also when another one of the batch writes the same file.</exception>
    public async Task<UpscalePlan> PlanAsync(UpscaleRequest request)
    {
        UpscalePlan plan = await _engine.SettleAsync(request, _stop.Token).ConfigureAwait(false);
        lock (_sourceOfTarget)
        {
            if (_sourceOfTarget.TryGetValue(plan.Target, out string? other))
                throw Conflict(plan, $"{other} is written to {plan.Target} too");
            if (_sources.Contains(plan.Target))
                throw Conflict(plan, $"{plan.Target} is itself a source of this run");
            if (_sourceOfTarget.TryGetValue(request.Source, out other))
                throw Conflict(plan, $"it is the result of {other} in this run");
            UpscaleEngine.CheckTarget(plan);
            _sourceOfTarget.Add(plan.Target, request.Source);
            _sources.Add(request.Source);
        }

        return plan;
    }

    /// <summary>Queues a picture; it begins as soon as a place is free.</summary>
    public void Add(UpscalePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Task place = _places.WaitAsync(_stop.Token);
        _outcomes.Enqueue(RunAsync(plan, place));
    }

    /// <summary>Queues a failure in its turn.</summary>
    public void AddFailure(string source, Exception error) => _outcomes.Enqueue(Task.FromResult(new UpscaleOutcome(source, null, null, error)));

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

    private async Task<UpscaleOutcome> RunAsync(UpscalePlan plan, Task place)
    {
        await place.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            _observer?.Invoke(new PictureStarted(plan));
            var progress = _observer is null ? null : new Progress(p => _observer(new PictureProgressed(plan, p)));
            Action<string>? log = _observer is null ? null : message => _observer(new PictureLogged(plan, message));
            UpscaleResult result = await _engine.RunAsync(plan, progress, log, _stop.Token).ConfigureAwait(false);
            return new UpscaleOutcome(plan.Request.Source, result, plan, null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new UpscaleOutcome(plan.Request.Source, null, plan, e);
        }
        finally
        {
            _observer?.Invoke(new PictureFinished(plan));
            _places.Release();
        }
    }

    private static UpscaleException Conflict(UpscalePlan plan, string why)
        => new(UpscaleErrorId.TargetConflict, $"{plan.Request.Source} is not upscaled: {why}. Choose another destination or name template.");

    /// <summary>Reports on the caller's thread, in order.</summary>
    private sealed class Progress(Action<UpscaleProgress> report) : IProgress<UpscaleProgress>
    {
        public void Report(UpscaleProgress value) => report(value);
    }
}
