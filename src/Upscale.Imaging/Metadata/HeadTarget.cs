using NetVips;

namespace Upscale.Imaging.Metadata;

/// <summary>A file that a saver writes from its beginning to its end, whose first bytes are exchanged for others as they pass by.</summary>
internal sealed class HeadTarget : IDisposable
{
    private delegate byte[]? Rewriter(ReadOnlySpan<byte> head, MetadataParcel parcel);

    private readonly FileStream _file;
    private readonly TargetCustom _target = new();
    private readonly MemoryStream _head = new();
    private readonly Rewriter _rewrite;
    private readonly MetadataParcel _parcel;
    private bool _rewritten;

    private HeadTarget(string path, Rewriter rewrite, MetadataParcel parcel)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1);
        _rewrite = rewrite;
        _parcel = parcel;
        _target.OnWrite += Write;
    }

    /// <summary>For the saver.</summary>
    public Target Target => _target;

    /// <summary>Opens a file for a format whose metadata stands at the beginning; null for other formats.</summary>
    /// <param name="path">Replaced.</param>
    /// <param name="format">Of the file.</param>
    /// <param name="parcel">Goes into it.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static HeadTarget? Open(string path, ImageFormat format, MetadataParcel parcel)
        => format == ImageFormats.Png ? new HeadTarget(path, PngChunks.Rewrite, parcel)
            : format == ImageFormats.Jpeg ? new HeadTarget(path, JpegSegments.Rewrite, parcel)
            : null;

    /// <summary>What went wrong with the file, of which the saver only says that it failed; null for nothing.</summary>
    public IOException? Error { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _target.Dispose();
        _file.Dispose();
    }

    private long Write(byte[] buffer, int length)
    {
        try
        {
            if (_rewritten)
            {
                _file.Write(buffer, 0, length);
                return length;
            }

            _head.Write(buffer, 0, length);
            if (_rewrite(_head.GetBuffer().AsSpan(0, (int)_head.Length), _parcel) is { } head)
            {
                _rewritten = true;
                _head.SetLength(0);
                _file.Write(head);
            }

            return length;
        }
        catch (Exception e)
        {
            // Native code calls this: whatever left it would end the process. A file that may not grow is an argument out of range.
            Error = e as IOException ?? new IOException(e.Message, e);
            return -1;
        }
    }
}
