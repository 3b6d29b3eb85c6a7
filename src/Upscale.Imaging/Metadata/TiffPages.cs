namespace Upscale.Imaging.Metadata;

/// <summary>Puts pages, each of which is a TIFF file, one after the other into one file.</summary>
internal sealed class TiffPages
{
    private const int CopyBytes = 1 << 20;
    private long _last;

    /// <summary>Appends a page. Nothing of it is held in memory but its fields.</summary>
    /// <param name="path">A TIFF file, to which only this has appended pages.</param>
    /// <param name="pagePath">A TIFF file of one page in strips, with offsets of the same size.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">One is no such file.</exception>
    public void Append(string path, string pagePath)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        using FileStream page = new(pagePath, FileMode.Open, FileAccess.Read);
        TiffStructure pages = TiffStructure.Open(file);
        TiffStructure added = TiffStructure.Open(page);
        if (_last == 0)
            _last = pages.First;
        TiffDirectory directory = added.Read(added.First);
        List<long> places = [];
        foreach ((long from, long bytes) in Numbers(TiffTag.StripOffsets).Zip(Numbers(TiffTag.StripByteCounts)))
        {
            page.Position = from;
            file.Position = file.Length;
            places.Add(file.Position);
            Copy(page, file, bytes);
        }

        List<TiffEntry> entries = [.. directory.Entries.Where(e => e.Tag != TiffTag.StripOffsets).Select(e => pages.Copy(added, e)).OfType<TiffEntry>()];
        entries.Add(pages.Offsets(TiffTag.StripOffsets, places));
        long at = pages.Append(new TiffDirectory(entries, 0));
        pages.Link(_last, at);
        _last = at;

        long[] Numbers(ushort tag) => directory.Find(tag) is { } entry ? added.Numbers(entry) : throw new InvalidDataException($"A page has no field {tag}.");
    }

    private static void Copy(FileStream from, FileStream to, long bytes)
    {
        byte[] buffer = new byte[Math.Min(bytes, CopyBytes)];
        while (bytes > 0)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(bytes, buffer.Length));
            from.ReadExactly(part);
            to.Write(part);
            bytes -= part.Length;
        }
    }
}
