namespace Upscale.Finishing;

/// <summary>A picture with every channel moved by amount x the difference of its luminance to the blurred one, as far as that exceeds the threshold.</summary>
/// <param name="picture">Disposed with this.</param>
/// <param name="blurred">Its luminance, blurred; disposed with this.</param>
/// <param name="amount">Factor of the difference.</param>
/// <param name="threshold">At least 0.</param>
internal sealed class SharpenSource(IStripSource picture, IStripSource blurred, float amount, float threshold) : IStripSource
{
    private readonly StripWindow _blurred = new(blurred);
    private readonly float[] _move = new float[picture.Shape.Width];

    public ImageShape Shape => picture.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await picture.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        try
        {
            await _blurred.MoveAsync(strip.Top, strip.Bottom, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            strip.Dispose();
            throw;
        }

        for (int y = strip.Top; y < strip.Bottom; y++)
            Sharpen(strip, y);
        return strip;
    }

    public async ValueTask DisposeAsync()
    {
        await picture.DisposeAsync().ConfigureAwait(false);
        await _blurred.DisposeAsync().ConfigureAwait(false);
    }

    private void Sharpen(Strip strip, int y)
    {
        Luminance.OfRow(strip, y, _move);
        ReadOnlySpan<float> coarse = _blurred.Row(0, y);
        for (int x = 0; x < _move.Length; x++)
        {
            float difference = _move[x] - coarse[x];
            _move[x] = amount * MathF.CopySign(MathF.Max(MathF.Abs(difference) - threshold, 0), difference);
        }

        for (int c = 0; c < strip.Channels; c++)
        {
            Span<float> row = strip.Row(c, y);
            for (int x = 0; x < row.Length; x++)
                row[x] += _move[x];
        }
    }
}
