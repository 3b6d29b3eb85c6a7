namespace Upscale;

/// <summary>The size of a picture between two stages.</summary>
/// <param name="Width">Pixels in a row, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
/// <param name="Channels">Colour channels: 1 (gray) or 3 (RGB). Alpha is not counted; it travels beside the colours.</param>
public readonly record struct ImageShape(int Width, int Height, int Channels)
{
    /// <summary>Pixels of one channel.</summary>
    public long Pixels => (long)Width * Height;

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height}x{Channels}";
}
