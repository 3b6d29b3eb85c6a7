using Upscale.Imaging;

namespace Upscale.Pipelines.Running;

/// <summary>The colours of a picture file that is read for a stage.</summary>
internal sealed class PictureSource(ImageReader reader) : IStripSource
{
    private IStripSource? _alpha = reader.Alpha;

    public ImageShape Shape => reader.Colours.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_alpha is not null)
        {
            // Else its rows would be kept for a reader that never comes.
            await _alpha.DisposeAsync().ConfigureAwait(false);
            _alpha = null;
        }

        return await reader.Colours.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();
}
