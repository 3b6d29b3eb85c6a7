namespace Upscale.Imaging;

/// <summary>When the frames of an animation are shown.</summary>
/// <param name="Delays">How long each frame is shown, in milliseconds.</param>
/// <param name="Loops">How often all of them are shown; 0 for without end.</param>
public sealed record Animation(IReadOnlyList<int> Delays, int Loops)
{
    // What libvips and most programs take where a file tells no time.
    private const int UsualDelay = 100;

    /// <summary>For pages that tell no times: each is shown for 100 ms, without end.</summary>
    /// <param name="frames">How many.</param>
    public static Animation OfPages(int frames) => new([.. Enumerable.Repeat(UsualDelay, frames)], 0);
}
