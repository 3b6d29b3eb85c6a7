using System.Runtime.InteropServices;

namespace Upscale.Pipelines;

/// <summary>A picture as a file of strips: a mark, width, height and channels, then for each strip its height and its samples, all as the machine has them.</summary>
internal sealed class StripFile : IStripSource
{
    private const int Mark = 0x31505355;
    private readonly FileStream _file;
    private int _next;

    private StripFile(FileStream file, ImageShape shape) => (_file, Shape) = (file, shape);

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <summary>Bytes of a file, but for a few for each strip.</summary>
    public static long Length(ImageShape shape) => (4 * sizeof(int)) + ((long)shape.Width * shape.Height * shape.Channels * sizeof(float));

    /// <summary>Opens a file; null where there is none, or it is not one of a picture of this size.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static StripFile? Open(string path, ImageShape shape)
    {
        if (!File.Exists(path))
            return null;
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        Span<int> header = stackalloc int[4];
        if (file.Length >= Length(shape) && file.ReadAtLeast(MemoryMarshal.AsBytes(header), 4 * sizeof(int), throwOnEndOfStream: false) == 4 * sizeof(int)
            && header is [Mark, var width, var height, var channels] && (width, height, channels) == (shape.Width, shape.Height, shape.Channels))
        {
            return new StripFile(file, shape);
        }

        file.Dispose();
        return null;
    }

    /// <summary>Writes what a file begins with.</summary>
    public static void WriteHeader(Stream file, ImageShape shape)
        => file.Write(MemoryMarshal.AsBytes<int>([Mark, shape.Width, shape.Height, shape.Channels]));

    /// <summary>Writes a strip.</summary>
    public static void Write(Stream file, Strip strip)
    {
        file.Write(MemoryMarshal.AsBytes<int>([strip.Height]));
        for (int channel = 0; channel < strip.Channels; channel++)
            file.Write(MemoryMarshal.AsBytes(strip.Plane(channel)));
    }

    /// <inheritdoc/>
    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_next == Shape.Height)
            return ValueTask.FromResult<Strip?>(null);
        Span<int> height = stackalloc int[1];
        _file.ReadExactly(MemoryMarshal.AsBytes(height));
        if (height[0] < 1 || height[0] > Shape.Height - _next)
            throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"{_file.Name} in the cache of stages is damaged. Remove it and run again.");
        var strip = new Strip(Shape.Width, Shape.Channels, _next, height[0]);
        try
        {
            for (int channel = 0; channel < strip.Channels; channel++)
                _file.ReadExactly(MemoryMarshal.AsBytes(strip.Plane(channel)));
        }
        catch
        {
            strip.Dispose();
            throw;
        }

        _next = strip.Bottom;
        return ValueTask.FromResult<Strip?>(strip);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
