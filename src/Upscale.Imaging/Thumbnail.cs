using NetVips;

namespace Upscale.Imaging;

/// <summary>Small copies of pictures for pages, in sRGB and upright.</summary>
public static class Thumbnail
{
    /// <summary>What <see cref="Make"/> gives.</summary>
    public const string MediaType = "image/webp";

    private const int Quality = 75;

    /// <summary>A WebP file without metadata; null where the picture cannot be read to its end.</summary>
    /// <param name="path">A file; of one with several pictures, the first is taken.</param>
    /// <param name="side">Most pixels of width and height; a smaller picture is not enlarged.</param>
    public static byte[]? Make(string path, int side)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        VipsLibrary.EnsureLoaded();
        try
        {
            using Source source = Source.NewFromFile(path);
            using Image image = Image.ThumbnailSource(source, side, height: side, size: Enums.Size.Down, outputProfile: "srgb", failOn: Enums.FailOn.Truncated);
            return image.WebpsaveBuffer(q: Quality, keep: Enums.ForeignKeep.None);
        }
        catch (VipsException)
        {
            return null;
        }
    }
}
