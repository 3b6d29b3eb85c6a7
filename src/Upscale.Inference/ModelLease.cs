using System.Diagnostics;

namespace Upscale.Inference;

/// <inheritdoc cref="IModelLease"/>
/// <remarks>
/// Where a network that computes in float16 gives no proper result, the run is repeated with one that computes in float32 on the same device.
/// </remarks>
internal sealed class ModelLease : IModelLease
{
    private readonly SessionPool _pool;
    private readonly Action<string>? _warn;
    private readonly EngineUse _engines;
    private PooledPlace? _place;
    private TensorFormat? _format;
    private string? _narrowFinding;
    private bool _disposed;

    /// <param name="card">What the network takes and gives.</param>
    /// <param name="pool">Asked for the wide network.</param>
    /// <param name="place">Owned.</param>
    /// <param name="engines">Told what ran.</param>
    /// <param name="warn">Told when a network is run in float32 instead of float16; null for nobody.</param>
    public ModelLease(ModelCard card, SessionPool pool, PooledPlace place, EngineUse engines, Action<string>? warn)
    {
        _engines = engines;
        Card = card;
        Device = place.Pooled.Device.Name;
        _pool = pool;
        _warn = warn;
        Take(place);
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public string Device { get; }

    /// <inheritdoc/>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelFailed"/>, or <see cref="UpscaleErrorId.OutputDegenerate"/> when the result is no picture.
    /// </exception>
    public async ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        if (Card.Kind != ModelKind.FeedForward)
            throw new InvalidOperationException($"'{Card.Id}' takes tensors by name, not a picture.");
        CheckSizes(input, output);
        return await RunAsync(
            () => Run(input, output, cancellationToken),
            finding => $"The result of the network '{Card.Id}' on {Device} {finding} (tile of {input.Width} x {input.Height} pixels at {input.X}, {input.Y}).",
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        return await RunAsync(
            () => Run(inputs, outputs, cancellationToken),
            finding => $"The result of the network '{Card.Id}' on {Device} {finding}.",
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _place?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<RunOutcome> RunAsync(Func<(RunOutcome Outcome, string? Finding)> run, Func<string, string> describe, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed || _place is null, this);
        cancellationToken.ThrowIfCancellationRequested();
        (RunOutcome outcome, string? finding) = await NativeWork.StartAsync(run).ConfigureAwait(false);
        UpscaleException? wideFailure = null;
        if (finding is not null && _place.Pooled is { Wide: false, File.ComputesInHalf: true })
        {
            _narrowFinding = finding;
            wideFailure = await WidenAsync(cancellationToken).ConfigureAwait(false);
            if (wideFailure is null)
                (outcome, finding) = await NativeWork.StartAsync(run).ConfigureAwait(false);
        }

        if (finding is not null)
            throw new UpscaleException(UpscaleErrorId.OutputDegenerate, $"{describe(finding)} Nothing is written; try another network or another device.", wideFailure);
        if (outcome == RunOutcome.Done && _narrowFinding is { } narrow && _pool.MarkAsTooNarrow(_place.Pooled))
            _warn?.Invoke($"The result of the network '{Card.Id}' in float16 on {Device} {narrow}: it is run in float32 instead, which takes more time and memory.");
        if (_place.Network.TakeWarning() is { } warning)
            _warn?.Invoke($"What this program's own kernels make of the network '{Card.Id}' on {Device} {warning}.");
        return outcome;
    }

    /// <summary>Changes to the network in float32; the other one is given back first, so that it can make room.</summary>
    /// <returns>Why there is none; null when it is there.</returns>
    private async Task<UpscaleException?> WidenAsync(CancellationToken cancellationToken)
    {
        PooledNetwork narrow = _place!.Pooled;
        _place.Dispose();
        try
        {
            Take(await _pool.EnterAsync(Card, narrow.File, narrow.Device, wide: true, _engines, cancellationToken).ConfigureAwait(false));
            return null;
        }
        catch (UpscaleException exception)
        {
            _place = null;
            return exception;
        }
        catch
        {
            _place = null;
            throw;
        }
    }

    private void Take(PooledPlace place)
    {
        try
        {
            _format = Card.Kind == ModelKind.FeedForward ? place.Network.Resolve(Card) : null;
        }
        catch
        {
            place.Dispose();
            throw;
        }

        _place = place;
    }

    private (RunOutcome Outcome, string? Finding) Run(Tile input, Tile output, CancellationToken cancellationToken)
    {
        PooledPlace place = _place!;
        long start = Stopwatch.GetTimestamp();
        InferenceEngine engine = default;
        RunOutcome outcome = Guard(() =>
        {
            if (_pool.Options.BeforeRun?.Invoke(input) is { } fault)
                throw fault;
            return place.Network.Run(input, output, _format!, out engine, cancellationToken);
        });
        if (outcome != RunOutcome.Done)
            return (outcome, null);
        _engines.Used?.Invoke(engine);
        place.Pooled.AddRun(Card.BytesPerPixel * input.Width * input.Height, start);
        return (outcome, OutputCheck.Find(input, output));
    }

    private (RunOutcome Outcome, string? Finding) Run(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        PooledPlace place = _place!;
        long start = Stopwatch.GetTimestamp();
        InferenceEngine engine = default;
        RunOutcome outcome = Guard(() =>
        {
            if (_pool.Options.BeforeNamedRun?.Invoke(Card, inputs) is { } fault)
                throw fault;
            return place.Network.Run(Card.Path, inputs, outputs, out engine, cancellationToken);
        });
        if (outcome != RunOutcome.Done)
            return (outcome, null);
        _engines.Used?.Invoke(engine);
        place.Pooled.AddRun(inputs.Concat(outputs).Sum(t => (long)t.Floats.Length) * sizeof(float), start);
        NamedTensor? wreck = outputs.FirstOrDefault(t => !OutputCheck.IsFinite(t.Floats.Span, out _));
        return (outcome, wreck is null ? null : $"has values that are not finite in '{wreck.Name}'");
    }

    private RunOutcome Guard(Func<RunOutcome> run)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not UpscaleException)
        {
            return RuntimeErrors.Classify(exception) == RuntimeErrorKind.TooLarge ? RunOutcome.TooLarge : throw Failed(exception);
        }
    }

    private UpscaleException Failed(Exception exception)
        => new(UpscaleErrorId.ModelFailed, $"The network '{Card.Id}' failed on {Device}: {RuntimeErrors.Summary(exception)}", exception);

    private void CheckSizes(Tile input, Tile output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (input.Channels != Card.Channels || !Card.AcceptsSize(input.Width, input.Height))
            throw new ArgumentException($"'{Card.Id}' takes no tile of {input.Width} x {input.Height} x {input.Channels}.", nameof(input));
        int width = (input.Width - 2 * Card.Border) * Card.Scale, height = (input.Height - 2 * Card.Border) * Card.Scale;
        if (output.Channels != Card.OutputChannels || output.Width != width || output.Height != height)
            throw new ArgumentException($"'{Card.Id}' makes {width} x {height} x {Card.OutputChannels} of this input.", nameof(output));
    }
}
