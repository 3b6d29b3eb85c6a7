namespace Upscale;

/// <summary>
/// One source for two readers: each row is read once, and kept only while the slower reader still needs it. Both readers may run
/// at the same time. The source is disposed when both readers are.
/// </summary>
public sealed class StripTee
{
    private readonly IStripSource _source;
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Branch _first;
    private readonly Branch _second;
    private int _open = 2;

    /// <param name="source">Read from its first row; owned from here on.</param>
    public StripTee(IStripSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _first = new Branch(this);
        _second = new Branch(this);
    }

    /// <summary>One reader.</summary>
    public IStripSource First => _first;

    /// <summary>The other reader.</summary>
    public IStripSource Second => _second;

    private sealed class Branch(StripTee tee) : IStripSource
    {
        private readonly Queue<Strip> _waiting = new();
        private bool _disposed;

        public ImageShape Shape => tee._source.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            await tee._reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (_waiting.TryDequeue(out Strip? strip))
                    return strip;
                strip = await tee._source.ReadAsync(cancellationToken).ConfigureAwait(false);
                Branch other = tee._first == this ? tee._second : tee._first;
                if (strip is not null && !other._disposed)
                {
                    var copy = new Strip(strip.Width, strip.Channels, strip.Top, strip.Height);
                    strip.Data.CopyTo(copy.Data);
                    other._waiting.Enqueue(copy);
                }

                return strip;
            }
            finally
            {
                tee._reading.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_disposed)
                return;
            await tee._reading.WaitAsync().ConfigureAwait(false);
            _disposed = true;
            while (_waiting.TryDequeue(out Strip? strip))
                strip.Dispose();
            tee._reading.Release();
            if (Interlocked.Decrement(ref tee._open) == 0)
                await tee._source.DisposeAsync().ConfigureAwait(false);
        }
    }
}
