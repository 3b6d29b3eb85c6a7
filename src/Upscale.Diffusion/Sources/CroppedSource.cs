namespace Upscale.Diffusion.Sources;

/// <summary>The upper left part of a picture.</summary>
public sealed class CroppedSource : IStripSource
{
    private readonly IStripSource _source;

    /// <param name="source">Disposed with this.</param>
    /// <param name="width">At most the source's.</param>
    /// <param name="height">At most the source's.</param>
    public CroppedSource(IStripSource source, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        Shape = source.Shape with { Width = width, Height = height };
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? strip = await _source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null || strip.Top >= Shape.Height)
            return null;
        var part = new Strip(Shape.Width, Shape.Channels, strip.Top, Math.Min(strip.Bottom, Shape.Height) - strip.Top);
        for (int c = 0; c < part.Channels; c++)
        {
            for (int y = part.Top; y < part.Bottom; y++)
                strip.Row(c, y)[..part.Width].CopyTo(part.Row(c, y));
        }

        return part;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
