namespace Upscale.Diffusion.Sources;

/// <summary>The planes of one picture followed by those of another one of the same size.</summary>
public sealed class StackedSource : IStripSource
{
    private readonly IStripSource _first;
    private readonly StripWindow _second;

    /// <param name="first">Disposed with this.</param>
    /// <param name="second">Disposed with this.</param>
    public StackedSource(IStripSource first, IStripSource second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        _first = first;
        _second = new StripWindow(second);
        Shape = first.Shape with { Channels = first.Shape.Channels + second.Shape.Channels };
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? upper = await _first.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (upper is null)
            return null;
        await _second.MoveAsync(upper.Top, upper.Bottom, cancellationToken).ConfigureAwait(false);
        var stacked = new Strip(Shape.Width, Shape.Channels, upper.Top, upper.Height);
        for (int c = 0; c < Shape.Channels; c++)
        {
            int below = c - upper.Channels;
            for (int y = upper.Top; y < upper.Bottom; y++)
                (below < 0 ? upper.Row(c, y) : _second.Row(below, y)).CopyTo(stacked.Row(c, y));
        }

        return stacked;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync().ConfigureAwait(false);
        await _second.DisposeAsync().ConfigureAwait(false);
    }
}
