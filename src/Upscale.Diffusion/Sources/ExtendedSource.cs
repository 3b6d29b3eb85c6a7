namespace Upscale.Diffusion.Sources;

/// <summary>A picture made wider and higher by repeating its last column and row.</summary>
public sealed class ExtendedSource : IStripSource
{
    private readonly IStripSource _source;
    private readonly int _height;
    private Strip? _last;
    private int _next;

    /// <param name="source">Disposed with this.</param>
    /// <param name="width">At least the source's.</param>
    /// <param name="height">At least the source's.</param>
    public ExtendedSource(IStripSource source, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _height = source.Shape.Height;
        Shape = source.Shape with { Width = width, Height = height };
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next >= Shape.Height)
            return null;
        if (_next >= _height)
        {
            var more = new Strip(Shape.Width, Shape.Channels, _next, 1);
            _last!.Data.CopyTo(more.Data);
            _next++;
            return more;
        }

        using Strip? strip = await _source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            throw new InvalidOperationException($"The source ended at row {_next} of {_height}.");
        var wide = new Strip(Shape.Width, Shape.Channels, strip.Top, strip.Height);
        for (int c = 0; c < strip.Channels; c++)
        {
            for (int y = strip.Top; y < strip.Bottom; y++)
            {
                Span<float> row = wide.Row(c, y);
                strip.Row(c, y).CopyTo(row);
                row[strip.Width..].Fill(row[strip.Width - 1]);
            }
        }

        _next = strip.Bottom;
        if (_next >= _height && Shape.Height > _height)
            Keep(wide);
        return wide;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _last?.Dispose();
        _last = null;
        return _source.DisposeAsync();
    }

    private void Keep(Strip strip)
    {
        _last = new Strip(strip.Width, strip.Channels, strip.Bottom - 1, 1);
        for (int c = 0; c < strip.Channels; c++)
            strip.Row(c, strip.Bottom - 1).CopyTo(_last.Row(c, strip.Bottom - 1));
    }
}
