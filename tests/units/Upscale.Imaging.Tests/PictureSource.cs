namespace Upscale.Imaging.Tests;

/// <summary>Some planes of a picture in strips of a given height.</summary>
internal sealed class PictureSource(Picture picture, int firstPlane, int planes, int rows) : IStripSource
{
    private int _top;

    public ImageShape Shape => new(picture.Width, picture.Height, planes);

    /// <summary>Called before each strip with its first row; may throw or wait.</summary>
    public Func<int, CancellationToken, Task>? BeforeStrip { get; init; }

    public bool Disposed { get; private set; }

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_top == picture.Height)
            return null;
        if (BeforeStrip is not null)
            await BeforeStrip(_top, cancellationToken);
        Strip strip = new(picture.Width, planes, _top, Math.Min(rows, picture.Height - _top));
        for (int p = 0; p < planes; p++)
        {
            int from = (((firstPlane + p) * picture.Height) + _top) * picture.Width;
            picture.Values.AsSpan(from, strip.Height * picture.Width).CopyTo(strip.Plane(p));
        }

        _top = strip.Bottom;
        return strip;
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}
