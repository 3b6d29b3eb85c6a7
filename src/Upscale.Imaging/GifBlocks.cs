namespace Upscale.Imaging;

/// <summary>
/// Follows the blocks of a GIF file (GIF89a specification, 1990). libvips takes what is there of a file that is cut short after its first frame, and says nothing.
/// </summary>
internal static class GifBlocks
{
    private const int ScreenAt = 10;
    private const int Image = 0x2C;
    private const int Extension = 0x21;
    private const int HasColours = 0x80;
    private const int ColoursMask = 7;

    /// <summary>True where the file ends inside a block.</summary>
    /// <param name="path">Of a GIF file.</param>
    public static bool IsCutShort(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        file.Position = ScreenAt;
        int flags = file.ReadByte();
        file.Position += 2;
        SkipColours(file, flags);
        while (file.Position < file.Length)
        {
            int block = file.ReadByte();
            if (block == Image)
            {
                file.Position += 8;
                SkipColours(file, file.ReadByte());
            }
            else if (block != Extension)
            {
                // The trailer, or what decoders take for the end as well.
                return false;
            }

            // The size of codes of an image, or the kind of an extension; then parts with a byte of length, of which the last is empty.
            _ = file.ReadByte();
            int length;
            do
            {
                length = file.ReadByte();
                file.Position += Math.Max(0, length);
            }
            while (length > 0);
            if (length < 0)
                return true;
        }

        return file.Position > file.Length;
    }

    private static void SkipColours(FileStream file, int flags)
    {
        if (flags >= 0 && (flags & HasColours) != 0)
            file.Position += 3L << ((flags & ColoursMask) + 1);
    }
}
