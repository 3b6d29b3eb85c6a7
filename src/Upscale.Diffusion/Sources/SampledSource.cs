namespace Upscale.Diffusion.Sources;

/// <summary>A picture or its latents as a whole, made at the first reading and handed on in strips.</summary>
/// <param name="shape">What will come out.</param>
/// <param name="input">Read to the end before work begins; disposed with this.</param>
/// <param name="work">Makes the result of the input, and disposes the input.</param>
public sealed class SampledSource(ImageShape shape, IStripSource input, Func<Tile, CancellationToken, Task<Tile>> work) : IStripSource
{
    private const int StripRows = 16;

    private Tile? _result;
    private int _next;

    /// <inheritdoc/>
    public ImageShape Shape => shape;

    /// <summary>Reads a source to its end.</summary>
    /// <param name="source">Not disposed.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<Tile> CollectAsync(IStripSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var whole = new Tile(source.Shape.Width, source.Shape.Height, source.Shape.Channels);
        try
        {
            while (await source.ReadAsync(cancellationToken).ConfigureAwait(false) is { } strip)
            {
                using (strip)
                {
                    for (int c = 0; c < strip.Channels; c++)
                        strip.Plane(c).CopyTo(whole.Plane(c)[(strip.Top * whole.Width)..]);
                }
            }

            return whole;
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next >= shape.Height)
            return null;
        if (_result is null)
        {
            Tile whole = await CollectAsync(input, cancellationToken).ConfigureAwait(false);
            _result = await work(whole, cancellationToken).ConfigureAwait(false);
        }

        var strip = new Strip(shape.Width, shape.Channels, _next, Math.Min(StripRows, shape.Height - _next));
        for (int c = 0; c < shape.Channels; c++)
            _result.Plane(c).Slice(_next * shape.Width, strip.Height * shape.Width).CopyTo(strip.Plane(c));
        _next = strip.Bottom;
        return strip;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _result?.Dispose();
        return input.DisposeAsync();
    }
}
