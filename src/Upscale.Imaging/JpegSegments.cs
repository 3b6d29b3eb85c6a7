using System.Buffers.Binary;

namespace Upscale.Imaging;

/// <summary>What libvips does not tell of a JPEG file: the segments before the pixels (ITU-T T.81, annex B).</summary>
internal static class JpegSegments
{
    private const byte Comment = 0xFE;
    private const byte StartOfScan = 0xDA;

    // A hostile file may hold millions of empty segments.
    private const int MaxSegments = 10_000;

    /// <summary>True when a comment stands before the pixels.</summary>
    public static bool HasComment(string path)
    {
        using FileStream file = File.OpenRead(path);
        file.Position = 2;
        Span<byte> head = stackalloc byte[4];
        for (int i = 0; i < MaxSegments && file.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4; i++)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(head[2..]);
            if (head[0] != 0xFF || head[1] == StartOfScan || length < 2)
                return false;
            if (head[1] == Comment)
                return true;
            file.Position += length - 2;
        }

        return false;
    }
}
