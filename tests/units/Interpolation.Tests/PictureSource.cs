namespace Upscale.Interpolation.Tests;

/// <summary>Gives a picture in strips of chosen heights, and can fail at a row.</summary>
internal sealed class PictureSource(Picture picture, int stripRows, int? failingRow = null) : IStripSource
{
    private int _row;

    public bool Disposed { get; private set; }

    public ImageShape Shape => picture.Shape;

    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_row == Shape.Height)
            return ValueTask.FromResult<Strip?>(null);
        if (_row >= failingRow)
            throw new IOException("The disk is gone.");
        Strip strip = new(Shape.Width, Shape.Channels, _row, Math.Min(stripRows, Shape.Height - _row));
        for (int channel = 0; channel < Shape.Channels; channel++)
            picture.Pixels.AsSpan(((channel * Shape.Height) + _row) * Shape.Width, strip.Height * Shape.Width).CopyTo(strip.Plane(channel));
        _row = strip.Bottom;
        return ValueTask.FromResult<Strip?>(strip);
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}
