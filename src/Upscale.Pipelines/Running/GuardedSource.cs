namespace Upscale.Pipelines.Running;

/// <summary>
/// The output of a stage as the engine sees it: whatever the stage throws becomes an error that names it, and what it gives is
/// checked against what it promised.
/// </summary>
internal sealed class GuardedSource(IStripSource source, string stage, ImageShape promised) : IStripSource
{
    private int _next;

    public ImageShape Shape => promised;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip;
        try
        {
            strip = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not UpscaleException and not OperationCanceledException)
        {
            throw Failed(stage, e);
        }

        if (strip is null)
            return _next == promised.Height ? null : throw Broken($"ended at row {_next} of {promised.Height}");
        if (strip.Top != _next || strip.Width != promised.Width || strip.Channels != promised.Channels || strip.Bottom > promised.Height)
        {
            string what = $"gave {strip.Width}x{strip.Height}x{strip.Channels} at row {strip.Top} where row {_next} of {promised} was next";
            strip.Dispose();
            throw Broken(what);
        }

        _next = strip.Bottom;
        return strip;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    public static UpscaleException Failed(string stage, Exception e)
        => e is OutOfMemoryException
            ? new(UpscaleErrorId.OutOfMemory, $"The stage '{stage}' ran out of memory. Choose a smaller tile, or close other programs.", e)
            : new(UpscaleErrorId.StageFailed, $"The stage '{stage}' failed: {e.Message}", e);

    private UpscaleException Broken(string what) => new(UpscaleErrorId.StageFailed, $"The stage '{stage}' broke its promise: it {what}.");
}
