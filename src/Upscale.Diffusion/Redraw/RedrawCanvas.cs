namespace Upscale.Diffusion.Redraw;

/// <summary>Cuts parts out of a whole picture, and puts them back.</summary>
public static class RedrawCanvas
{
    /// <summary>A part as a picture; beyond the edges of the canvas the last row and column are repeated. The canvas must not change while it is read.</summary>
    /// <param name="canvas">The whole picture; not disposed.</param>
    /// <param name="part">Which part.</param>
    public static IStripSource Cut(Tile canvas, RedrawPart part)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(part);
        return new PartSource(canvas, part);
    }

    /// <summary>Mixes a part into the canvas: (1 - weight) canvas + weight part.</summary>
    /// <param name="canvas">The whole picture.</param>
    /// <param name="part">Which part.</param>
    /// <param name="made">As large as the part.</param>
    public static void Paste(Tile canvas, RedrawPart part, Tile made)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        ArgumentNullException.ThrowIfNull(part);
        ArgumentNullException.ThrowIfNull(made);
        (int left, int top) = (part.Columns.Start, part.Rows.Start);
        int width = Math.Min(made.Width, canvas.Width - left), height = Math.Min(made.Height, canvas.Height - top);
        float[] weights = new float[width];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                weights[x] = part.Weight(left + x, top + y);
            for (int c = 0; c < canvas.Channels; c++)
            {
                Span<float> target = canvas.Row(c, top + y).Slice(left, width);
                ReadOnlySpan<float> source = made.Row(c, y);
                for (int x = 0; x < width; x++)
                    target[x] = ((1 - weights[x]) * target[x]) + (weights[x] * source[x]);
            }
        }
    }

    private sealed class PartSource(Tile canvas, RedrawPart part) : IStripSource
    {
        private const int StripRows = 64;

        private int _next;

        public ImageShape Shape { get; } = new(part.Columns.Length, part.Rows.Length, canvas.Channels);

        public ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_next >= Shape.Height)
                return ValueTask.FromResult<Strip?>(null);
            var strip = new Strip(Shape.Width, Shape.Channels, _next, Math.Min(StripRows, Shape.Height - _next));
            int left = part.Columns.Start, inside = Math.Min(Shape.Width, canvas.Width - left);
            for (int c = 0; c < Shape.Channels; c++)
            {
                for (int y = strip.Top; y < strip.Bottom; y++)
                {
                    Span<float> row = strip.Row(c, y);
                    canvas.Row(c, Math.Min(part.Rows.Start + y, canvas.Height - 1)).Slice(left, inside).CopyTo(row);
                    row[inside..].Fill(row[inside - 1]);
                }
            }

            _next = strip.Bottom;
            return ValueTask.FromResult<Strip?>(strip);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
