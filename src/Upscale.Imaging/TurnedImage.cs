using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// A sequential image turned upright by its orientation. Mirrored columns pass by in the order of the file; every other turn
/// needs rows in another order, which are kept in memory or, where they are too many, in a temporary file.
/// </summary>
internal sealed class TurnedImage : IDisposable
{
    private const int TileSize = 256;
    private readonly string? _file;

    /// <summary>Decodes the whole picture where its rows are needed in another order.</summary>
    /// <param name="image">To be turned.</param>
    /// <param name="path">The picture's file, for messages.</param>
    /// <param name="maxBytesInMemory">Most bytes of samples that are kept in memory.</param>
    /// <exception cref="VipsException">It cannot be decoded.</exception>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>: no room for the temporary file.</exception>
    public TurnedImage(Image image, string path, long maxBytesInMemory)
    {
        int orientation = ImageMetadata.Orientation(image);
        if (orientation <= 2)
        {
            Upright = orientation == 1 ? image.Copy() : image.Flip(Enums.Direction.Horizontal);
            return;
        }

        if ((long)image.Width * image.Height * image.Bands * PixelLayout.BytesOf(image.Format) <= maxBytesInMemory)
        {
            using Image memory = image.CopyMemory();
            Upright = memory.Autorot();
            return;
        }

        _file = Path.Combine(Path.GetTempPath(), $"upscale-{Guid.NewGuid():N}.tif");
        try
        {
            Upright = TurnThroughFile(image, path, _file);
        }
        catch
        {
            File.Delete(_file);
            throw;
        }
    }

    /// <summary>For reading from the top down.</summary>
    public Image Upright { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Upright.Dispose();
        if (_file is not null)
            File.Delete(_file);
    }

    // In tiles, so that a few upright rows touch a small part of the file. The cache holds the tiles of two rows or columns.
    private static Image TurnThroughFile(Image image, string path, string file)
    {
        try
        {
            using Target target = Target.NewToFile(file);
            image.TiffsaveTarget(target, tile: true, tileWidth: TileSize, tileHeight: TileSize, bigtiff: true);
        }
        catch (VipsException e)
        {
            string reason = VipsLibrary.Reason(e);
            if (!VipsLibrary.IsDiskTrouble(reason))
                throw;
            throw new UpscaleException(
                UpscaleErrorId.FileWriteFailed,
                $"'{path}' is turned upright through a file in '{Path.GetTempPath()}', and that failed: {reason}. Make room there, or let TMPDIR name another folder.",
                e);
        }

        using Source source = Source.NewFromFile(file);
        using Image tiles = Image.TiffloadSource(source, access: Enums.Access.Random);
        int maxTiles = 2 * ((Math.Max(tiles.Width, tiles.Height) / TileSize) + 1);
        using Image cached = tiles.Tilecache(tileWidth: TileSize, tileHeight: TileSize, maxTiles: maxTiles, access: Enums.Access.Random);
        return cached.Autorot();
    }
}
