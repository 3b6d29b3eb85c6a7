namespace Upscale.Imaging;

/// <summary>Limits against files that declare more than anybody wants to decode.</summary>
public sealed record ReadOptions
{
    /// <summary>Most pixels (width times height) that a picture may declare.</summary>
    public long MaxPixels { get; init; } = 1L << 31;

    /// <summary>
    /// Most pixels of a picture that can only be decoded as a whole: WebP, GIF, AVIF, HEIF, interlaced PNG, progressive JPEG.
    /// </summary>
    public long MaxPixelsInMemory { get; init; } = 1L << 28;

    /// <summary>Most bytes of pixels that are turned upright in memory; larger pictures go through a temporary file.</summary>
    public long MaxBytesTurnedInMemory { get; init; } = 64L << 20;
}
