namespace Upscale.Gan;

/// <summary>One of the eight ways to lay a picture on a pixel grid: the pixel at (x, y) of the turned picture is the one at <see cref="Source"/> of the upright one.</summary>
/// <param name="Transposed">Rows become columns.</param>
/// <param name="FlipX">Left and right of the upright picture change places.</param>
/// <param name="FlipY">Top and bottom of the upright picture change places.</param>
internal readonly record struct Turn(bool Transposed, bool FlipX, bool FlipY)
{
    /// <summary>All eight; the first one leaves the picture as it is.</summary>
    public static IReadOnlyList<Turn> All { get; } = [.. from t in (bool[])[false, true] from x in (bool[])[false, true] from y in (bool[])[false, true] select new Turn(t, x, y)];

    /// <summary>Size of the turned picture, or the upright size of a turned one.</summary>
    public ImageShape Of(ImageShape shape) => Transposed ? shape with { Width = shape.Height, Height = shape.Width } : shape;

    /// <summary>Copies rows of an upright picture into rows of the turned one.</summary>
    /// <param name="upright">Whole.</param>
    /// <param name="turned">To be filled.</param>
    public void Read(WholePicture upright, Strip turned)
    {
        for (int c = 0; c < turned.Channels; c++)
        {
            if (Transposed)
            {
                for (int x = 0; x < turned.Width; x++)
                {
                    ReadOnlySpan<float> row = upright.Row(c, FlipY ? turned.Width - 1 - x : x);
                    Span<float> plane = turned.Plane(c);
                    for (int y = 0; y < turned.Height; y++)
                        plane[(y * turned.Width) + x] = row[FlipX ? row.Length - 1 - turned.Top - y : turned.Top + y];
                }

                continue;
            }

            for (int y = turned.Top; y < turned.Bottom; y++)
            {
                Span<float> row = turned.Row(c, y);
                upright.Row(c, FlipY ? upright.Shape.Height - 1 - y : y).CopyTo(row);
                if (FlipX)
                    row.Reverse();
            }
        }
    }

    /// <summary>Adds rows of a turned picture to the pixels of the upright one that they show.</summary>
    /// <param name="turned">Some rows; changed on the way.</param>
    /// <param name="upright">Whole.</param>
    public void Add(Strip turned, WholePicture upright)
    {
        for (int c = 0; c < turned.Channels; c++)
        {
            if (Transposed)
            {
                for (int x = 0; x < turned.Width; x++)
                {
                    Span<float> row = upright.Row(c, FlipY ? turned.Width - 1 - x : x);
                    ReadOnlySpan<float> plane = turned.Plane(c);
                    for (int y = 0; y < turned.Height; y++)
                        row[FlipX ? row.Length - 1 - turned.Top - y : turned.Top + y] += plane[(y * turned.Width) + x];
                }

                continue;
            }

            for (int y = turned.Top; y < turned.Bottom; y++)
            {
                Span<float> from = turned.Row(c, y);
                if (FlipX)
                    from.Reverse();
                Span<float> row = upright.Row(c, FlipY ? upright.Shape.Height - 1 - y : y);
                for (int x = 0; x < row.Length; x++)
                    row[x] += from[x];
            }
        }
    }
}
