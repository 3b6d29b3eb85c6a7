using System.Text;

namespace Upscale.Imaging;

/// <summary>
/// Sets the Software tag of a TIFF file that libvips wrote, which has no way to say it: the directory is written once more with the tag in it, at the
/// file's end (TIFF 6.0, section 2; BigTIFF design, libtiff.gitlab.io/libtiff).
/// </summary>
internal static class TiffSoftware
{
    private const ushort Tag = 305;
    private const ushort Ascii = 2;
    private const ushort BigVersion = 43;

    /// <param name="path">A whole file of one page, in the byte order of this machine: least byte first.</param>
    /// <param name="text">Printable ASCII.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void Write(string path, string text)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        using BinaryReader reader = new(file);
        using BinaryWriter writer = new(file);
        file.Position = 2;
        bool big = reader.ReadUInt16() == BigVersion;
        int first = big ? 8 : 4;
        int entryBytes = big ? 20 : 12;
        file.Position = first;
        file.Position = ReadOffset();
        int count = big ? (int)reader.ReadInt64() : reader.ReadUInt16();
        List<byte[]> entries = [.. Enumerable.Range(0, count).Select(_ => reader.ReadBytes(entryBytes)).Where(e => TagOf(e) != Tag)];

        // A value that fits into its entry stands there. Everything else begins at an even place.
        byte[] value = [.. Encoding.ASCII.GetBytes(text), 0];
        long valueAt = EvenEnd();
        if (value.Length > (big ? 8 : 4))
        {
            file.Position = valueAt;
            writer.Write(value);
            value = big ? BitConverter.GetBytes(valueAt) : BitConverter.GetBytes((uint)valueAt);
        }

        byte[] length = big ? BitConverter.GetBytes(text.Length + 1L) : BitConverter.GetBytes(text.Length + 1);
        byte[] entry = [.. BitConverter.GetBytes(Tag), .. BitConverter.GetBytes(Ascii), .. length, .. value];
        Array.Resize(ref entry, entryBytes);
        entries.Add(entry);

        long directory = EvenEnd();
        file.Position = directory;
        if (big)
            writer.Write((long)entries.Count);
        else
            writer.Write((ushort)entries.Count);
        foreach (byte[] sorted in entries.OrderBy(TagOf))
            writer.Write(sorted);
        WriteOffset(0);
        file.Position = first;
        WriteOffset(directory);

        long EvenEnd() => file.Length + (file.Length % 2);

        long ReadOffset() => big ? reader.ReadInt64() : reader.ReadUInt32();

        void WriteOffset(long offset)
        {
            if (big)
                writer.Write(offset);
            else
                writer.Write((uint)offset);
        }
    }

    private static ushort TagOf(byte[] entry) => BitConverter.ToUInt16(entry);
}
