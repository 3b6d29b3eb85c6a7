namespace Upscale.Finishing;

/// <summary>A picture with grain.</summary>
/// <param name="picture">Disposed with this.</param>
/// <param name="amount">Deviation of the grain where the luminance is 0.5.</param>
/// <param name="kernel">Of the power 1.</param>
/// <param name="fields">Fields of grain: one for all channels, or one for each.</param>
/// <param name="noise">What grain is made of.</param>
internal sealed class GrainSource(IStripSource picture, float amount, GaussianKernel kernel, int fields, INoise noise) : IStripSource
{
    private readonly GrainField[] _fields = [.. Enumerable.Range(0, fields).Select(channel => new GrainField(noise, channel, kernel, picture.Shape.Width))];
    private readonly float[] _strength = new float[picture.Shape.Width];
    private readonly float[] _grain = new float[picture.Shape.Width];

    public ImageShape Shape => picture.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await picture.ReadAsync(cancellationToken).ConfigureAwait(false);
        for (int y = strip?.Top ?? 0; y < strip?.Bottom; y++)
            Add(strip, y);
        return strip;
    }

    public ValueTask DisposeAsync() => picture.DisposeAsync();

    private void Add(Strip strip, int y)
    {
        Luminance.OfRow(strip, y, _strength);
        for (int x = 0; x < _strength.Length; x++)
        {
            float luminance = Math.Clamp(_strength[x], 0, 1);
            _strength[x] = amount * 4 * luminance * (1 - luminance);
        }

        for (int c = 0; c < strip.Channels; c++)
        {
            if (c < _fields.Length)
                _fields[c].Row(y, _grain);
            Span<float> row = strip.Row(c, y);
            for (int x = 0; x < row.Length; x++)
                row[x] += _strength[x] * _grain[x];
        }
    }
}
