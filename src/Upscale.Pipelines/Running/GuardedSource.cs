using System.Numerics;
using System.Runtime.InteropServices;

namespace Upscale.Pipelines.Running;

/// <summary>
/// The output of a stage as the engine sees it: whatever the stage throws becomes an error that names it, what it gives is
/// checked against what it promised, and one that does not come back is left behind.
/// </summary>
internal sealed class GuardedSource(IStripSource source, IReadOnlyList<InputGate> inputs, ImageShape promised, StageGuard guard) : IStripSource
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    private int _next;

    public ImageShape Shape => promised;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await NextAsync(cancellationToken).ConfigureAwait(false) is not { } strip)
            return _next == promised.Height ? null : throw guard.Origin.Broken($"ended at row {_next} of {promised.Height}");
        try
        {
            guard.Call(() => Check(strip));
        }
        catch
        {
            strip.Dispose();
            throw;
        }

        _next = strip.Bottom;
        strip.MoveTo(guard.Outside);
        return strip;
    }

    public async ValueTask DisposeAsync()
    {
        if (guard.LeftBehind is not null)
            return;
        await guard.EndAsync(source.DisposeAsync).ConfigureAwait(false);
        await CloseInputsAsync().ConfigureAwait(false);
    }

    private async ValueTask<Strip?> NextAsync(CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        guard.Outside = BufferScope.Current;
        guard.Watch.Restart();

        // On a thread that the engine does not wait for: a stage may never give it back.
        Task<Strip?> reading = Task.Run(ReadInScopeAsync, CancellationToken.None);
        await WaitAsync(reading, cancellationToken).ConfigureAwait(false);
        if (reading.IsCompleted)
        {
            stop.Dispose();
            return await guard.CallAsync(() => new ValueTask<Strip?>(reading), cancellationToken).ConfigureAwait(false);
        }

        _ = stop.CancelAsync();
        await ((Task)reading).WaitAsync(guard.Grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (reading.IsCompletedSuccessfully)
            (await reading.ConfigureAwait(false))?.Dispose();
        else if (!reading.IsCompleted)
            await LeaveBehindAsync(reading).ConfigureAwait(false);

        cancellationToken.ThrowIfCancellationRequested();
        throw guard.Origin.TooSlow(guard.Limit!.Value);

        async Task<Strip?> ReadInScopeAsync()
        {
            BufferScope.Current = guard.Buffers;
            return await source.ReadAsync(stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the end of the reading, of its time, or of all work.</summary>
    private async Task WaitAsync(Task reading, CancellationToken cancellationToken)
    {
        while (!reading.IsCompleted && !cancellationToken.IsCancellationRequested)
        {
            TimeSpan left = guard.Limit - guard.Watch.Elapsed ?? Timeout.InfiniteTimeSpan;
            if (guard.Limit is not null && left <= TimeSpan.Zero)
                return;
            if (guard.Limit is not null && left < s_shortest)
                left = s_shortest;
            await reading.WaitAsync(left, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeaveBehindAsync(Task<Strip?> reading)
    {
        guard.LeftBehind = EndLateAsync();
        await CloseInputsAsync().ConfigureAwait(false);

        async Task EndLateAsync()
        {
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading.IsCompletedSuccessfully)
                (await reading.ConfigureAwait(false))?.Dispose();
            await guard.EndAsync(source.DisposeAsync).ConfigureAwait(false);
        }
    }

    private async ValueTask CloseInputsAsync()
    {
        foreach (InputGate input in inputs)
            await input.DisposeAsync().ConfigureAwait(false);
    }

    private bool Check(Strip strip)
    {
        if (strip.Top != _next || strip.Width != promised.Width || strip.Channels != promised.Channels || strip.Bottom > promised.Height)
            throw guard.Origin.Broken($"gave {strip.Width}x{strip.Height}x{strip.Channels} at row {strip.Top} where row {_next} of {promised} was next");
        ReadOnlySpan<float> values = strip.Data.Span;
        if (AllFinite(values))
            return true;
        int at = 0;
        while (float.IsFinite(values[at]))
            at++;
        int inPlane = at % (strip.Width * strip.Height);
        throw guard.Origin.NotFinite(at / (strip.Width * strip.Height), strip.Top + (inPlane / strip.Width), inPlane % strip.Width, values[at]);
    }

    /// <summary>Nothing times zero is anything but zero, except what is not finite.</summary>
    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> sum = Vector<float>.Zero;
        foreach (Vector<float> vector in vectors)
            sum += vector * Vector<float>.Zero;
        float rest = Vector.Sum(sum);
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
            rest += value * 0;
        return rest == 0;
    }
}
