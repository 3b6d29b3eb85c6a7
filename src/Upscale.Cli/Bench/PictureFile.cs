using Upscale.Imaging;

namespace Upscale.Cli.Bench;

/// <summary>Pictures between files and memory.</summary>
internal static class PictureFile
{
    /// <summary>Reads the colours of a picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="multiple">Columns and rows at the right and at the bottom are left out until both sides are multiples of this.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>All of its rows, and what else is known of it.</returns>
    /// <exception cref="UpscaleException">It cannot be read, or it is smaller than <paramref name="multiple"/>.</exception>
    public static async Task<(Strip Pixels, ImageHeader Header, ImageMetadata Metadata)> ReadAsync(string path, int multiple, CancellationToken cancellationToken)
    {
        await using ImageReader reader = ImageReader.Open(path);
        await using var rows = new StripWindow(reader.Colours);
        (int width, int height) = (reader.Header.Width / multiple * multiple, reader.Header.Height / multiple * multiple);
        if (width == 0 || height == 0)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"'{path}' has {reader.Header.Width} x {reader.Header.Height} pixels, which is too small to be reduced by {multiple}. Name a larger picture.");
        var pixels = new Strip(width, reader.Header.Channels, 0, height);
        try
        {
            for (int y = 0; y < height; y++)
            {
                await rows.MoveAsync(y, y + 1, cancellationToken).ConfigureAwait(false);
                for (int c = 0; c < pixels.Channels; c++)
                    rows.Row(c, y)[..width].CopyTo(pixels.Row(c, y));
            }

            return (pixels, reader.Header, reader.Metadata);
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    /// <summary>Writes a PNG, over one that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pixels">All rows; disposed.</param>
    /// <param name="depth">Of the samples.</param>
    /// <param name="metadata">Written along.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static Task WriteAsync(string path, Strip pixels, SampleDepth depth, ImageMetadata metadata, CancellationToken cancellationToken)
        => ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.Png, Depth = depth, Force = true }, new WholePicture(pixels), null, metadata, cancellationToken);

    private sealed class WholePicture(Strip pixels) : IStripSource
    {
        private bool _read;

        public ImageShape Shape { get; } = new(pixels.Width, pixels.Height, pixels.Channels);

        public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            Strip? rows = _read ? null : pixels;
            _read = true;
            return ValueTask.FromResult(rows);
        }

        public ValueTask DisposeAsync()
        {
            pixels.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
