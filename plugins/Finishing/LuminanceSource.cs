namespace Upscale.Finishing;

/// <summary>The luminance of a picture.</summary>
/// <param name="picture">Disposed with this.</param>
internal sealed class LuminanceSource(IStripSource picture) : IStripSource
{
    public ImageShape Shape => picture.Shape with { Channels = 1 };

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        using Strip? strip = await picture.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        var result = new Strip(strip.Width, 1, strip.Top, strip.Height);
        for (int y = strip.Top; y < strip.Bottom; y++)
            Luminance.OfRow(strip, y, result.Row(0, y));
        return result;
    }

    public ValueTask DisposeAsync() => picture.DisposeAsync();
}
