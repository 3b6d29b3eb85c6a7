using System.Buffers.Binary;

namespace Upscale.Imaging;

/// <summary>What libvips does not tell of a PNG file: the chunks before the pixels (PNG specification, third edition, 5.3).</summary>
/// <param name="AnimationFrames">Frames that an acTL chunk declares; 1 without one.</param>
/// <param name="Gamma">The gAMA value times 100000 where neither iCCP nor sRGB overrides it; null otherwise.</param>
internal sealed record PngChunks(int AnimationFrames, uint? Gamma)
{
    // A hostile file may hold millions of empty chunks.
    private const int MaxChunks = 10_000;

    public static PngChunks Read(string path)
    {
        int frames = 1;
        uint? gamma = null;
        bool overridden = false;
        using FileStream file = File.OpenRead(path);
        file.Position = 8;
        Span<byte> head = stackalloc byte[12];
        for (int i = 0; i < MaxChunks && file.ReadAtLeast(head, 12, throwOnEndOfStream: false) == 12; i++)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
            uint value = BinaryPrimitives.ReadUInt32BigEndian(head[8..]);
            ReadOnlySpan<byte> type = head.Slice(4, 4);
            if (type.SequenceEqual("IDAT"u8) || type.SequenceEqual("IEND"u8))
                break;
            if (type.SequenceEqual("acTL"u8))
                frames = (int)Math.Clamp(value, 1, int.MaxValue);
            else if (type.SequenceEqual("gAMA"u8))
                gamma = value;
            else if (type.SequenceEqual("iCCP"u8) || type.SequenceEqual("sRGB"u8))
                overridden = true;

            // The next chunk begins after the data and a checksum of 4 bytes; 4 bytes of both are read already.
            file.Position += length;
        }

        return new PngChunks(frames, overridden ? null : gamma);
    }
}
