namespace Upscale.Interpolation;

/// <summary>A picture with a function applied to each of its values.</summary>
internal sealed class TransferSource : IStripSource
{
    private const int BlockLength = 16 * 1024;
    private readonly IStripSource _source;
    private readonly SpanFunction _function;
    private readonly int _threads;

    /// <param name="source">Disposed with this one.</param>
    /// <param name="function">Changes values in place; called for pieces of a strip on several threads.</param>
    /// <param name="threads">Most threads at a time.</param>
    public TransferSource(IStripSource source, SpanFunction function, int threads)
    {
        _source = source;
        _function = function;
        _threads = threads;
    }

    public delegate void SpanFunction(Span<float> values);

    public ImageShape Shape => _source.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await _source.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null)
            return null;
        try
        {
            Memory<float> data = strip.Data;
            Blocks.Run(
                (data.Length + BlockLength - 1) / BlockLength,
                _threads,
                (_, block) =>
                {
                    int begin = block * BlockLength;
                    _function(data.Span.Slice(begin, Math.Min(BlockLength, data.Length - begin)));
                },
                cancellationToken);
            return strip;
        }
        catch
        {
            strip.Dispose();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
