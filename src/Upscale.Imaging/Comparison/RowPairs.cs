namespace Upscale.Imaging.Comparison;

/// <summary>Two pictures of one size that are read in step. A gray one beside a coloured one has three equal channels.</summary>
internal sealed class RowPairs : IAsyncDisposable
{
    private readonly StripWindow _reference;
    private readonly StripWindow _difference;
    private int _top;

    /// <param name="reference">Disposed with the pairs.</param>
    /// <param name="difference">Of the same width and height; disposed with the pairs.</param>
    /// <exception cref="ArgumentException">The sizes differ; nothing is disposed then.</exception>
    public RowPairs(IStripSource reference, IStripSource difference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        (ImageShape first, ImageShape second) = (reference.Shape, difference.Shape);
        if ((first.Width, first.Height) != (second.Width, second.Height))
            throw new ArgumentException($"{second} is not of the size of {first}.", nameof(difference));
        _reference = new StripWindow(reference);
        _difference = new StripWindow(difference);
        Shape = first with { Channels = Math.Max(first.Channels, second.Channels) };
    }

    /// <summary>Size and channels in which both are compared.</summary>
    public ImageShape Shape { get; }

    /// <summary>First of the rows that are held.</summary>
    public int Top => _top;

    /// <summary>Rows that are held.</summary>
    public int Rows { get; private set; }

    /// <summary>Goes on to the next rows, at most so many; false after the last.</summary>
    public async ValueTask<bool> MoveAsync(int rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _top += Rows;
        Rows = Math.Min(rows, Shape.Height - _top);
        if (Rows == 0)
            return false;
        await _reference.MoveAsync(_top, _top + Rows, cancellationToken).ConfigureAwait(false);
        await _difference.MoveAsync(_top, _top + Rows, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A row of the first picture.</summary>
    /// <param name="channel">Of <see cref="Shape"/>.</param>
    /// <param name="row">Counted from <see cref="Top"/>.</param>
    public ReadOnlySpan<float> Reference(int channel, int row) => Row(_reference, channel, row);

    /// <summary>A row of the second picture.</summary>
    /// <param name="channel">Of <see cref="Shape"/>.</param>
    /// <param name="row">Counted from <see cref="Top"/>.</param>
    public ReadOnlySpan<float> Difference(int channel, int row) => Row(_difference, channel, row);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reference.DisposeAsync().ConfigureAwait(false);
        await _difference.DisposeAsync().ConfigureAwait(false);
    }

    private ReadOnlySpan<float> Row(StripWindow window, int channel, int row) => window.Row(Math.Min(channel, window.Shape.Channels - 1), _top + row);
}
