namespace Upscale.Gan;

/// <summary>The mean of what stages make of a picture in all turns, turned back. All work is done before the first row.</summary>
/// <param name="input">Disposed with this.</param>
/// <param name="stages">One for each of <see cref="Turn.All"/>, planned; they belong to somebody else.</param>
/// <param name="shape">Of the result.</param>
internal sealed class EnsembleSource(IStripSource input, IReadOnlyList<IStage> stages, ImageShape shape) : IStripSource
{
    private WholePicture? _sum;
    private int _next;

    public ImageShape Shape => shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_next == shape.Height)
            return null;
        _sum ??= await SumAsync(cancellationToken).ConfigureAwait(false);
        Strip strip = _sum.Take(_next);
        _next = strip.Bottom;
        foreach (ref float value in strip.Data.Span)
            value /= Turn.All.Count;
        return strip;
    }

    public ValueTask DisposeAsync()
    {
        _sum?.Dispose();
        return input.DisposeAsync();
    }

    private async ValueTask<WholePicture> SumAsync(CancellationToken cancellationToken)
    {
        using WholePicture upright = await WholePicture.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        WholePicture sum = WholePicture.Black(shape);
        try
        {
            for (int i = 0; i < stages.Count; i++)
            {
                Turn turn = Turn.All[i];
                IStripSource result = stages[i].Connect(new TurnedSource(upright, turn));
                await using (result.ConfigureAwait(false))
                {
                    while (await result.ReadAsync(cancellationToken).ConfigureAwait(false) is { } strip)
                    {
                        using (strip)
                            turn.Add(strip, sum);
                    }
                }
            }

            return sum;
        }
        catch
        {
            sum.Dispose();
            throw;
        }
    }
}
