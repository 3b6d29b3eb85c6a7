using System.Diagnostics;

namespace Upscale.Inference;

/// <inheritdoc cref="IModelLease"/>
internal sealed class ModelLease(ModelCard card, PooledNetwork pooled, Network network, Func<Tile, Exception?>? beforeRun, Action giveBack) : IModelLease
{
    private readonly TensorFormat? _format = card.Kind == ModelKind.FeedForward ? network.Resolve(card) : null;
    private int _disposed;

    /// <inheritdoc/>
    public ModelCard Card => card;

    /// <inheritdoc/>
    public string Device => pooled.Device.Name;

    /// <inheritdoc/>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelFailed"/>, or <see cref="UpscaleErrorId.OutputDegenerate"/> when the result is no picture.
    /// </exception>
    public async ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        TensorFormat format = _format ?? throw new InvalidOperationException($"'{card.Id}' takes tensors by name, not a picture.");
        CheckSizes(input, output);
        cancellationToken.ThrowIfCancellationRequested();

        // The native run blocks for seconds: a thread of its own, so that the thread pool does not starve.
        return await Task.Factory.StartNew(
            () => Run(input, output, format, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        return await Task.Factory.StartNew(
            () => Run(inputs, outputs, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            giveBack();
        return ValueTask.CompletedTask;
    }

    private RunOutcome Run(Tile input, Tile output, TensorFormat format, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RunOutcome outcome = Guard(() =>
        {
            if (beforeRun?.Invoke(input) is { } fault)
                throw fault;
            return network.Run(input, output, format, cancellationToken);
        });
        if (outcome == RunOutcome.Done)
        {
            pooled.AddRun(card.BytesPerPixel * input.Width * input.Height, start);
            if (OutputCheck.Find(input, output) is { } finding)
                throw Degenerate(input, finding);
        }

        return outcome;
    }

    private RunOutcome Run(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RunOutcome outcome = Guard(() => network.Run(card.Path, inputs, outputs, cancellationToken));
        if (outcome == RunOutcome.Done)
        {
            pooled.AddRun(inputs.Concat(outputs).Sum(t => (long)t.Floats.Length) * sizeof(float), start);
            if (outputs.FirstOrDefault(t => !OutputCheck.IsFinite(t.Floats.Span, out _)) is { } output)
            {
                throw new UpscaleException(
                    UpscaleErrorId.OutputDegenerate,
                    $"The output '{output.Name}' of the network '{card.Id}' on {Device} has values that are not finite. Nothing is written; try another network or another device.");
            }
        }

        return outcome;
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
        => new(UpscaleErrorId.ModelFailed, $"The network '{card.Id}' failed on {Device}: {RuntimeErrors.Summary(exception)}", exception);

    private UpscaleException Degenerate(Tile input, string finding)
        => new(
            UpscaleErrorId.OutputDegenerate,
            $"The result of the network '{card.Id}' on {Device} {finding} (tile of {input.Width} x {input.Height} pixels at {input.X}, {input.Y}). "
            + "Nothing is written; try another network or another device.");

    private void CheckSizes(Tile input, Tile output)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        if (input.Channels != card.Channels || !card.AcceptsSize(input.Width, input.Height))
            throw new ArgumentException($"'{card.Id}' takes no tile of {input.Width} x {input.Height} x {input.Channels}.", nameof(input));
        int width = (input.Width - 2 * card.Border) * card.Scale, height = (input.Height - 2 * card.Border) * card.Scale;
        if (output.Channels != card.OutputChannels || output.Width != width || output.Height != height)
            throw new ArgumentException($"'{card.Id}' makes {width} x {height} x {card.OutputChannels} of this input.", nameof(output));
    }
}
