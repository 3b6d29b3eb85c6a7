namespace Upscale.Imaging;

/// <summary>How a picture is read, and limits against files that declare more than anybody wants to decode.</summary>
public sealed record ReadOptions
{
    /// <summary>Which frame of an animation or page is read, from 0.</summary>
    public int Frame { get; init; }

    /// <summary>Most pixels (width times height) that a picture may declare; where all frames or pages are read, all of them together.</summary>
    public long MaxPixels { get; init; } = 1L << 31;

    /// <summary>
    /// Most pixels of a picture that can only be decoded as a whole: WebP, GIF, AVIF, HEIF, interlaced PNG, progressive JPEG. Frames count one by one.
    /// </summary>
    public long MaxPixelsInMemory { get; init; } = 1L << 28;

    /// <summary>Most bytes of pixels that are turned upright in memory; larger pictures go through a temporary file.</summary>
    public long MaxBytesTurnedInMemory { get; init; } = 64L << 20;

    /// <summary>
    /// True to take what is there of a file that is cut short or damaged; the rest is of one colour or repeats, and <see cref="ImageReader.Damage"/> tells of it. A file
    /// whose header is not whole, or of a format that is decoded all or nothing, is refused all the same.
    /// </summary>
    public bool AllowTruncated { get; init; }

    /// <summary>Where CMYK and CIE colours are brought.</summary>
    public RgbSpace RgbSpace { get; init; }
}
