using System.Threading.Channels;

namespace Upscale.Imaging;

/// <summary>One of the sources over a decoder: the strips that were decoded and not yet asked for.</summary>
internal sealed class StripQueue(StripDecoder decoder, ImageShape shape) : IStripSource
{
    private readonly Channel<Strip> _strips = Channel.CreateUnbounded<Strip>(new UnboundedChannelOptions { SingleWriter = true });
    private volatile bool _disposed;

    /// <inheritdoc/>
    public ImageShape Shape => shape;

    /// <summary>False once nobody will read on.</summary>
    public bool Open => !_disposed;

    /// <summary>Strips that wait.</summary>
    public int Count => _strips.Reader.Count;

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        decoder.Start();
        do
        {
            if (_strips.Reader.TryRead(out Strip? strip))
            {
                decoder.Wake();
                return strip;
            }
        }
        while (await _strips.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false));
        return null;
    }

    /// <summary>Takes over a strip.</summary>
    public void Add(Strip strip)
    {
        if (!_strips.Writer.TryWrite(strip))
            strip.Dispose();
    }

    /// <summary>No strips will follow.</summary>
    /// <param name="error">Thrown to the reader after the strips that wait; null after the last row.</param>
    public void Complete(Exception? error) => _strips.Writer.TryComplete(error);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _strips.Writer.TryComplete();
        Drain();
        decoder.Wake();
        return ValueTask.CompletedTask;
    }

    private void Drain()
    {
        while (_strips.Reader.TryRead(out Strip? strip))
            strip.Dispose();
    }
}
