namespace Upscale.Diffusion.Sources;

/// <summary>A gray picture as three equal planes.</summary>
/// <param name="gray">One plane; disposed with this.</param>
public sealed class WideSource(IStripSource gray) : IStripSource
{
    private const int Planes = 3;

    /// <inheritdoc/>
    public ImageShape Shape => gray.Shape with { Channels = Planes };

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? strip = await gray.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        var wide = new Strip(strip.Width, Planes, strip.Top, strip.Height);
        for (int c = 0; c < Planes; c++)
            strip.Plane(0).CopyTo(wide.Plane(c));
        return wide;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => gray.DisposeAsync();
}
