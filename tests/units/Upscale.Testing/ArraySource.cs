namespace Upscale.Testing;

/// <summary>A picture in memory as a source, with a count of what was done to it.</summary>
public sealed class ArraySource(Picture picture, int[] stripHeights) : IStripSource
{
    private int _next;
    private int _strips;

    /// <summary>True after disposal.</summary>
    public bool Disposed { get; private set; }

    /// <summary>Rows that were handed out.</summary>
    public int RowsRead => _next;

    /// <summary>Thrown when this row is reached.</summary>
    public (int Row, Exception Error)? Fault { get; init; }

    public ImageShape Shape => picture.Shape;

    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_next >= Shape.Height)
            return ValueTask.FromResult<Strip?>(null);
        if (Fault is { } fault && _next >= fault.Row)
            throw fault.Error;
        int height = Math.Min(stripHeights[Math.Min(_strips++, stripHeights.Length - 1)], Shape.Height - _next);
        var strip = new Strip(Shape.Width, Shape.Channels, _next, height);
        for (int c = 0; c < Shape.Channels; c++)
            picture.Data.AsSpan(((c * Shape.Height) + _next) * Shape.Width, height * Shape.Width).CopyTo(strip.Plane(c));
        _next += height;
        return ValueTask.FromResult<Strip?>(strip);
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}
