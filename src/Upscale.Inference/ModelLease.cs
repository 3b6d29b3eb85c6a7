using System.Diagnostics;

namespace Upscale.Inference;

/// <inheritdoc cref="IModelLease"/>
internal sealed class ModelLease(ModelCard card, PooledNetwork pooled, Network network, Func<Tile, Exception?>? beforeRun, Action giveBack) : IModelLease
{
    private readonly TensorFormat _format = network.Resolve(card);
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
        CheckSizes(input, output);
        cancellationToken.ThrowIfCancellationRequested();

        // The native run blocks for seconds: a thread of its own, so that the thread pool does not starve.
        return await Task.Factory.StartNew(
            () => Run(input, output, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            giveBack();
        return ValueTask.CompletedTask;
    }

    private RunOutcome Run(Tile input, Tile output, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RunOutcome outcome;
        try
        {
            if (beforeRun?.Invoke(input) is { } fault)
                throw fault;
            outcome = network.Run(input, output, _format, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (RuntimeErrors.Classify(exception) != RuntimeErrorKind.TooLarge)
                throw Failed(exception);
            outcome = RunOutcome.TooLarge;
        }

        if (outcome == RunOutcome.Done)
        {
            pooled.AddRun(card.BytesPerPixel * input.Width * input.Height, start);
            if (OutputCheck.Find(input, output) is { } finding)
                throw Degenerate(input, finding);
        }

        return outcome;
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
