namespace Upscale.Pipelines.Running;

/// <summary>
/// The colours of a picture with transparency, where nothing can be seen replaced by the colour of the nearest pixel that can: whatever a file hides under
/// alpha 0 would bleed into its neighbours in every stage that looks around. Distances are those of a chamfer (G. Borgefors, "Distance Transformations in
/// Digital Images", 1986) over all rows above and some rows below; what is further from everything visible becomes gray.
/// </summary>
internal sealed class VisibleColourSource : IStripSource
{
    // Rows at once, and rows below that are looked at: fixed, so that the result does not depend on how the source is cut.
    private const int Band = 32;
    private const int Below = 32;

    // Alpha that rounds to 0 of 255 is not seen.
    private const float Visible = 0.5f / 255;
    private const float Diagonal = 1.4142135f;
    private const float Nowhere = 0.5f;

    private readonly StripWindow _colours;
    private readonly StripWindow _alpha;
    private readonly int _width;
    private readonly int _channels;

    // Of row y at slot y % length: for each pixel the colours and the distance of the nearest visible one above or to the left.
    private readonly float[][] _rows = new float[Band + Below][];
    private readonly float[][] _copies = new float[2][];
    private readonly bool[] _whole = new bool[Band + Below];
    private int _spread;
    private int _next;

    /// <param name="colours">1 or 3 channels; owned from here on.</param>
    /// <param name="alpha">Of the same size; owned likewise.</param>
    public VisibleColourSource(IStripSource colours, IStripSource alpha)
    {
        _colours = new StripWindow(colours);
        _alpha = new StripWindow(alpha);
        _width = colours.Shape.Width;
        _channels = colours.Shape.Channels;
    }

    /// <inheritdoc/>
    public ImageShape Shape => _colours.Shape;

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next == Shape.Height)
            return null;
        int bottom = Math.Min(Shape.Height, _next + Band);
        int seen = Math.Min(Shape.Height, bottom + Below);
        while (_spread < seen)
        {
            await _colours.MoveAsync(_spread, _spread + 1, cancellationToken).ConfigureAwait(false);
            await _alpha.MoveAsync(_spread, _spread + 1, cancellationToken).ConfigureAwait(false);
            SpreadDown(_spread++);
        }

        var strip = new Strip(_width, _channels, _next, bottom - _next);
        SpreadUp(strip, seen);
        _next = bottom;
        return strip;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _colours.DisposeAsync().ConfigureAwait(false);
        await _alpha.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The first pass: from the left and from the row above.</summary>
    private void SpreadDown(int y)
    {
        int slot = y % _rows.Length;
        float[] row = _rows[slot] ??= new float[_width * (_channels + 1)];
        ReadOnlySpan<float> alpha = _alpha.Row(0, y);
        for (int c = 0; c < _channels; c++)
            _colours.Row(c, y).CopyTo(row.AsSpan(c * _width, _width));
        Span<float> distances = Distances(row);
        for (int x = 0; x < _width; x++)
            distances[x] = alpha[x] > Visible ? 0 : float.PositiveInfinity;
        _whole[slot] = !distances.ContainsAnyExcept(0);
        if (_whole[slot])
            return;
        float[]? above = y == 0 ? null : _rows[(y - 1) % _rows.Length];
        for (int x = 0; x < _width; x++)
        {
            if (distances[x] > 0)
                Take(row, x, above, -1);
        }
    }

    /// <summary>The second pass: from the right and from the row below, which is final.</summary>
    private void SpreadUp(Strip strip, int seen)
    {
        bool untouched = true;
        for (int y = strip.Top; y < seen; y++)
            untouched &= _whole[y % _rows.Length];
        float[]? below = null;
        for (int y = seen - 1; y >= strip.Top; y--)
        {
            float[] row = _rows[y % _rows.Length];
            if (!untouched)
            {
                // The rows below the strip are needed again as the first pass left them.
                if (y >= strip.Bottom)
                {
                    float[] copy = _copies[y % 2] ??= new float[row.Length];
                    row.CopyTo(copy, 0);
                    row = copy;
                }

                Span<float> distances = Distances(row);
                for (int x = _width - 1; x >= 0; x--)
                {
                    if (distances[x] > 0)
                        Take(row, x, below, 1);
                }

                below = row;
            }

            if (y >= strip.Bottom)
                continue;
            for (int c = 0; c < _channels; c++)
                row.AsSpan(c * _width, _width).CopyTo(strip.Row(c, y));
            if (untouched)
                continue;
            ReadOnlySpan<float> reached = Distances(row);
            for (int x = 0; x < _width; x++)
            {
                for (int c = 0; c < _channels && float.IsPositiveInfinity(reached[x]); c++)
                    strip.Row(c, y)[x] = Nowhere;
            }
        }
    }

    /// <summary>Gives a hidden pixel the colour of the neighbour that is nearest to something visible.</summary>
    /// <param name="row">Of the pixel.</param>
    /// <param name="x">Its column.</param>
    /// <param name="other">The row above or below; null outside.</param>
    /// <param name="side">-1 for the neighbour to the left, 1 for that to the right.</param>
    private void Take(float[] row, int x, float[]? other, int side)
    {
        float[] from = row;
        int column = x;
        float least = row[(_channels * _width) + x];
        Look(row, x + side, 1);
        if (other is not null)
        {
            Look(other, x, 1);
            Look(other, x - 1, Diagonal);
            Look(other, x + 1, Diagonal);
        }

        if (column == x && ReferenceEquals(from, row))
            return;
        for (int c = 0; c < _channels; c++)
            row[(c * _width) + x] = from[(c * _width) + column];
        row[(_channels * _width) + x] = least;

        void Look(float[] neighbours, int at, float step)
        {
            if ((uint)at >= (uint)_width || !(neighbours[(_channels * _width) + at] + step < least))
                return;
            (from, column, least) = (neighbours, at, neighbours[(_channels * _width) + at] + step);
        }
    }

    private Span<float> Distances(float[] row) => row.AsSpan(_channels * _width, _width);
}
