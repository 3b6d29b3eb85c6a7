namespace Upscale;

/// <summary>
/// Keeps the rows of a source that are still needed, so that a stage can look at neighbouring rows though its source only
/// moves down: memory is the window's height, not the picture's.
/// </summary>
public sealed class StripWindow : IAsyncDisposable
{
    private readonly IStripSource _source;
    private readonly Queue<Strip> _strips = new();
    private int _read;
    private bool _disposed;

    /// <param name="source">Read from its first row; disposed with the window.</param>
    public StripWindow(IStripSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    /// <summary>The size of the whole picture.</summary>
    public ImageShape Shape => _source.Shape;

    /// <summary>First row that is still held.</summary>
    public int Top { get; private set; }

    /// <summary>The row after the last one that was read.</summary>
    public int Bottom => _read;

    /// <summary>
    /// Reads on until row <paramref name="bottom"/> - 1 is held, and lets go of the rows above <paramref name="top"/>.
    /// </summary>
    /// <param name="top">First row wanted, not above an earlier call's.</param>
    /// <param name="bottom">The row after the last one wanted, at most the picture's height.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">The source ended early or gave rows of another shape or place.</exception>
    public async ValueTask MoveAsync(int top, int bottom, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, Top);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bottom, Shape.Height);
        Release(top);
        while (_read < bottom)
        {
            Strip strip = await _source.ReadAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException($"The source ended at row {_read} of {Shape.Height}.");
            if (strip.Top != _read || strip.Width != Shape.Width || strip.Channels != Shape.Channels || strip.Bottom > Shape.Height)
            {
                string what = $"{strip.Width}x{strip.Height}x{strip.Channels} at row {strip.Top}";
                strip.Dispose();
                throw new InvalidOperationException($"The source gave a strip of {what} where row {_read} of {Shape} was next.");
            }

            _read = strip.Bottom;
            _strips.Enqueue(strip);
            Release(top);
        }
    }

    /// <summary>One row of one channel; valid until the window moves past it.</summary>
    /// <param name="channel">0 .. channels - 1.</param>
    /// <param name="y">A row that is held: <see cref="Top"/> .. <see cref="Bottom"/> - 1.</param>
    public ReadOnlySpan<float> Row(int channel, int y)
    {
        foreach (Strip strip in _strips)
        {
            if (y < strip.Bottom)
                return strip.Row(channel, y);
        }

        throw new ArgumentOutOfRangeException(nameof(y), y, $"The window holds rows {Top} to {Bottom - 1}.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        while (_strips.TryDequeue(out Strip? strip))
            strip.Dispose();
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private void Release(int top)
    {
        Top = top;
        while (_strips.TryPeek(out Strip? strip) && strip.Bottom <= top)
            _strips.Dequeue().Dispose();
    }
}
