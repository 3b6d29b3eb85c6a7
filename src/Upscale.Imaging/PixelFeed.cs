using System.Threading.Channels;
using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// Lets a saver, which pulls, be fed by somebody who pushes: a few buffers go round between the two, so that both work at once
/// and neither runs away. libvips reads the pixels as an uncompressed TIFF file that exists only while it passes by.
/// </summary>
internal sealed class PixelFeed : IDisposable
{
    private const int BufferCount = 3;
    private const int UsualBufferBytes = 1 << 20;

    // Above this libvips reads single rows instead of whole strips.
    private const int MaxRows = 128;

    private readonly Channel<byte[]> _free = Channel.CreateUnbounded<byte[]>();
    private readonly Channel<(byte[] Data, int Length)> _full = Channel.CreateUnbounded<(byte[] Data, int Length)>();
    private readonly SourceCustom _source = new();
    private readonly byte[] _header;
    private readonly long _length;
    private long _position;
    private long _delivered;
    private (byte[] Data, int Length) _current;
    private int _taken;

    /// <param name="colours">Size and colour channels.</param>
    /// <param name="hasAlpha">True when each pixel has one sample more than colours.</param>
    /// <param name="depth">Of each sample.</param>
    public PixelFeed(ImageShape colours, bool hasAlpha, SampleDepth depth)
    {
        Depth = depth;
        RowBytes = checked(colours.Width * (colours.Channels + (hasAlpha ? 1 : 0)) * ((int)depth / 8));
        RowsInBuffer = Math.Clamp(UsualBufferBytes / RowBytes, 1, Math.Min(MaxRows, colours.Height));
        _header = TiffHeader.Write(colours, hasAlpha, depth, RowsInBuffer);
        _length = _header.Length + ((long)RowBytes * colours.Height);
        _current = ([], 0);
        for (int i = 0; i < BufferCount; i++)
            _free.Writer.TryWrite(new byte[RowBytes * RowsInBuffer]);
        _source.OnRead += Read;
        _source.OnSeek += Seek;
    }

    public SampleDepth Depth { get; }

    public int RowBytes { get; }

    public int RowsInBuffer { get; }

    /// <summary>An empty buffer for <see cref="RowsInBuffer"/> rows; waits until the saver has used one up.</summary>
    public ValueTask<byte[]> RentAsync(CancellationToken cancellationToken) => _free.Reader.ReadAsync(cancellationToken);

    /// <summary>Hands rows to the saver.</summary>
    public void Push(byte[] buffer, int length) => _full.Writer.TryWrite((buffer, length));

    /// <summary>Ends the stream; with an error, the saver fails at once.</summary>
    public void Complete(Exception? error) => _full.Writer.TryComplete(error);

    /// <summary>The stream as an image for sequential access.</summary>
    public Image Open() => Image.TiffloadSource(_source, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);

    public void Dispose() => _source.Dispose();

    // Called by the native reader, one call at a time. An exception tells libvips that the stream is broken.
    private int Read(byte[] buffer, int length)
    {
        int count;
        if (_position < _header.Length)
        {
            count = (int)Math.Min(length, _header.Length - _position);
            Buffer.BlockCopy(_header, (int)_position, buffer, 0, count);
            _position += count;
            return count;
        }

        if (_position != _header.Length + _delivered)
            throw new InvalidOperationException($"The saver reads at {_position}; the pixels have passed {_header.Length + _delivered}.");
        if (_taken == _current.Length && !NextBuffer())
            return 0;
        count = Math.Min(length, _current.Length - _taken);
        Buffer.BlockCopy(_current.Data, _taken, buffer, 0, count);
        _taken += count;
        _delivered += count;
        _position += count;
        return count;
    }

    private bool NextBuffer()
    {
        if (_current.Data.Length > 0)
            _free.Writer.TryWrite(_current.Data);
        _current = ([], 0);
        _taken = 0;
        return _full.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult() && _full.Reader.TryRead(out _current);
    }

    private long Seek(long offset, SeekOrigin origin)
        => _position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => _length + offset,
        };
}
