namespace Upscale.Diffusion.Sources;

/// <summary>A weighted sum of two pictures of the same size.</summary>
public sealed class WeightedSource : IStripSource
{
    private readonly IStripSource _first;
    private readonly StripWindow _second;
    private readonly float _firstWeight;
    private readonly float _secondWeight;

    /// <param name="first">Disposed with this.</param>
    /// <param name="firstWeight">What its values are multiplied by.</param>
    /// <param name="second">Disposed with this.</param>
    /// <param name="secondWeight">What its values are multiplied by.</param>
    public WeightedSource(IStripSource first, float firstWeight, IStripSource second, float secondWeight)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        _first = first;
        _second = new StripWindow(second);
        _firstWeight = firstWeight;
        _secondWeight = secondWeight;
    }

    /// <inheritdoc/>
    public ImageShape Shape => _first.Shape;

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await _first.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        try
        {
            await _second.MoveAsync(strip.Top, strip.Bottom, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            strip.Dispose();
            throw;
        }

        for (int c = 0; c < strip.Channels; c++)
        {
            for (int y = strip.Top; y < strip.Bottom; y++)
                WeightedSum.Mix(strip.Row(c, y), _firstWeight, _second.Row(c, y), _secondWeight);
        }

        return strip;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync().ConfigureAwait(false);
        await _second.DisposeAsync().ConfigureAwait(false);
    }
}
