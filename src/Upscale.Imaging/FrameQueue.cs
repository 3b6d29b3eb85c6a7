namespace Upscale.Imaging;

/// <summary>Frames as they come, which are checked against what was promised.</summary>
/// <param name="frames">Where they come from; not owned.</param>
/// <param name="shapes">Of those that are asked for.</param>
internal sealed class FrameQueue(IAsyncEnumerator<ImageFrame> frames, IReadOnlyList<ImageShape> shapes)
{
    private int _taken;

    /// <summary>The frame that was taken last. Whoever takes it disposes it.</summary>
    public ImageFrame Current => frames.Current;

    /// <summary>Takes the next one.</summary>
    /// <exception cref="ArgumentException">There is none, or it is of another shape.</exception>
    public async ValueTask MoveNextAsync()
    {
        if (!await frames.MoveNextAsync().ConfigureAwait(false))
            throw new ArgumentException($"There are {_taken} frames in place of {shapes.Count}.");
        ImageShape shape = shapes[_taken++];
        ImageShape colours = Current.Colours.Shape;
        if (colours != shape || colours.Channels is not (1 or 3))
            throw new ArgumentException($"A frame of {colours} cannot be written where one of {shape} with 1 or 3 channels was promised.");
        if (Current.Alpha?.Shape is { } alpha && alpha != colours with { Channels = 1 })
            throw new ArgumentException($"Alpha of {alpha} does not fit colours of {colours}.");
    }
}
