namespace Upscale.Imaging.Comparison;

/// <summary>The colours of a picture file, transparent ones over white: c * alpha + 1 - alpha (scikit-image's <c>rgba2rgb</c>).</summary>
public sealed class OpaqueSource : IStripSource
{
    private readonly ImageReader _reader;
    private readonly StripWindow? _alpha;

    /// <param name="reader">Not read yet; disposed with the source.</param>
    public OpaqueSource(ImageReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
        _alpha = reader.Alpha is null ? null : new StripWindow(reader.Alpha);
    }

    /// <inheritdoc/>
    public ImageShape Shape => _reader.Header.Shape;

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await _reader.Colours.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null || _alpha is null)
            return strip;
        try
        {
            await _alpha.MoveAsync(strip.Top, strip.Bottom, cancellationToken).ConfigureAwait(false);
            for (int c = 0; c < strip.Channels; c++)
            {
                for (int y = strip.Top; y < strip.Bottom; y++)
                    SampleConverter.Over(strip.Row(c, y), _alpha.Row(0, y), 1, strip.Row(c, y));
            }

            return strip;
        }
        catch
        {
            strip.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_alpha is not null)
            await _alpha.DisposeAsync().ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
    }
}
