namespace Upscale.Gan;

/// <summary>A picture in memory, turned.</summary>
/// <param name="upright">Belongs to somebody else.</param>
/// <param name="turn">How.</param>
internal sealed class TurnedSource(WholePicture upright, Turn turn) : IStripSource
{
    private const int StripFloats = 1 << 20;
    private const int FewestRows = 16;
    private int _next;

    public ImageShape Shape { get; } = turn.Of(upright.Shape);

    /// <summary>Rows of a strip that begins with a row. Not too few: a transposed one takes that many pixels of every row at a time.</summary>
    public static int StripHeight(ImageShape shape, int top)
        => Math.Min(Math.Max(FewestRows, StripFloats / (shape.Width * shape.Channels)), shape.Height - top);

    public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_next == Shape.Height)
            return ValueTask.FromResult<Strip?>(null);
        var strip = new Strip(Shape.Width, Shape.Channels, _next, StripHeight(Shape, _next));
        turn.Read(upright, strip);
        _next = strip.Bottom;
        return ValueTask.FromResult<Strip?>(strip);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
