namespace Upscale.Imaging;

/// <summary>Everything of an uncompressed BigTIFF file before its pixels (TIFF 6.0; BigTIFF design, libtiff.gitlab.io/libtiff).</summary>
internal static class TiffHeader
{
    private const int IfdOffset = 16;
    private const int EntryBytes = 20;
    private const ushort Short = 3;
    private const ushort Long = 4;
    private const ushort Long8 = 16;

    // SampleFormat: IEEE floating point.
    private const int Float = 3;

    /// <summary>The header of a little-endian file with interleaved samples.</summary>
    /// <param name="colours">Size and colour channels: 1 or 3.</param>
    /// <param name="hasAlpha">True for one more sample in each pixel: straight alpha.</param>
    /// <param name="depth">Of each sample.</param>
    /// <param name="rowsInStrip">Rows that a reader takes at once.</param>
    public static byte[] Write(ImageShape colours, bool hasAlpha, SampleDepth depth, int rowsInStrip)
    {
        int samples = colours.Channels + (hasAlpha ? 1 : 0);
        long rowBytes = (long)colours.Width * samples * ((int)depth / 8);
        int strips = (colours.Height + rowsInStrip - 1) / rowsInStrip;
        int entries = 10 + (hasAlpha ? 1 : 0) + (depth == SampleDepth.Float ? 1 : 0);
        long offsetsAt = IfdOffset + sizeof(long) + (entries * EntryBytes) + sizeof(long);
        long countsAt = offsetsAt + (strips * (long)sizeof(long));
        long pixelsAt = countsAt + (strips * (long)sizeof(long));

        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write("II"u8);
        writer.Write((ushort)43);
        writer.Write((ushort)sizeof(long));
        writer.Write((ushort)0);
        writer.Write((long)IfdOffset);
        writer.Write((long)entries);
        Entry(256, Long, 1, colours.Width);
        Entry(257, Long, 1, colours.Height);
        // One 16-bit number for each sample, all in the eight bytes of the value.
        Entry(258, Short, samples, ForEachSample((int)depth));
        Entry(259, Short, 1, 1);
        Entry(262, Short, 1, colours.Channels == 1 ? 1 : 2);
        Entry(273, Long8, strips, strips == 1 ? pixelsAt : offsetsAt);
        Entry(277, Short, 1, samples);
        Entry(278, Long, 1, rowsInStrip);
        Entry(279, Long8, strips, strips == 1 ? rowBytes * colours.Height : countsAt);
        Entry(284, Short, 1, 1);
        if (hasAlpha)
            Entry(338, Short, 1, 2);
        if (depth == SampleDepth.Float)
            Entry(339, Short, samples, ForEachSample(Float));
        writer.Write(0L);
        for (int i = 0; i < strips; i++)
            writer.Write(pixelsAt + (i * rowBytes * rowsInStrip));
        for (int i = 0; i < strips; i++)
            writer.Write(rowBytes * Math.Min(rowsInStrip, colours.Height - (i * rowsInStrip)));
        return stream.ToArray();

        long ForEachSample(int value) => Enumerable.Range(0, samples).Sum(i => (long)value << (16 * i));

        void Entry(int tag, ushort type, long count, long value)
        {
            writer.Write((ushort)tag);
            writer.Write(type);
            writer.Write(count);
            writer.Write(value);
        }
    }
}
