namespace Upscale.Gan;

/// <summary>All rows of a picture in memory.</summary>
internal sealed class WholePicture : IDisposable
{
    private readonly Strip[] _stripOfRow;

    private WholePicture(ImageShape shape)
    {
        Shape = shape;
        _stripOfRow = new Strip[shape.Height];
    }

    public ImageShape Shape { get; }

    /// <summary>A picture whose pixels are 0.</summary>
    public static WholePicture Black(ImageShape shape)
    {
        var picture = new WholePicture(shape);
        for (int y = 0; y < shape.Height;)
        {
            var strip = new Strip(shape.Width, shape.Channels, y, TurnedSource.StripHeight(shape, y));
            strip.Data.Span.Clear();
            picture.Keep(strip);
            y = strip.Bottom;
        }

        return picture;
    }

    /// <summary>Everything that a source gives.</summary>
    public static async ValueTask<WholePicture> ReadAsync(IStripSource source, CancellationToken cancellationToken)
    {
        var picture = new WholePicture(source.Shape);
        try
        {
            while (await source.ReadAsync(cancellationToken).ConfigureAwait(false) is { } strip)
                picture.Keep(strip);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    public Span<float> Row(int channel, int y) => _stripOfRow[y].Row(channel, y);

    /// <summary>Hands the strip that begins with a row to the caller, who disposes it.</summary>
    public Strip Take(int top)
    {
        Strip strip = _stripOfRow[top];
        Array.Clear(_stripOfRow, top, strip.Height);
        return strip;
    }

    public void Dispose()
    {
        foreach (Strip? strip in _stripOfRow)
            strip?.Dispose();
    }

    private void Keep(Strip strip) => Array.Fill(_stripOfRow, strip, strip.Top, strip.Height);
}
