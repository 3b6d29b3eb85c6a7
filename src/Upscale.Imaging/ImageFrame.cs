namespace Upscale.Imaging;

/// <summary>One of the pictures that <see cref="ImageWriter"/> puts into a file.</summary>
/// <param name="colours">1 or 3 channels; owned from here on.</param>
/// <param name="alpha">Straight alpha of the same width and height, or null; owned likewise.</param>
/// <param name="metadata">Carried over as far as the format holds it; of an animation that of the first frame.</param>
public sealed class ImageFrame(IStripSource colours, IStripSource? alpha, ImageMetadata metadata) : IAsyncDisposable
{
    /// <summary>As <see cref="EncodeOptions.Depth"/>; null for what the options of the file say.</summary>
    public SampleDepth? Depth { get; init; }

    /// <summary>As <see cref="EncodeOptions.Dither"/>; null for what the options of the file say.</summary>
    public bool? Dither { get; init; }

    internal StripWindow Colours { get; } = new(colours);

    internal StripWindow? Alpha { get; } = alpha is null ? null : new StripWindow(alpha);

    internal ImageMetadata Metadata => metadata;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Colours.DisposeAsync().ConfigureAwait(false);
        if (Alpha is not null)
            await Alpha.DisposeAsync().ConfigureAwait(false);
    }
}
