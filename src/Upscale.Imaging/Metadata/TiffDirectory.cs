namespace Upscale.Imaging.Metadata;

/// <summary>The fields of one picture in a TIFF structure.</summary>
/// <param name="Entries">In any order; at most one for each tag.</param>
/// <param name="Next">Where the next directory is; 0 for none.</param>
internal sealed record TiffDirectory(List<TiffEntry> Entries, long Next)
{
    public TiffEntry? Find(ushort tag) => Entries.Find(e => e.Tag == tag);

    /// <summary>Puts an entry in the place of those with its tag.</summary>
    public void Set(TiffEntry entry)
    {
        Remove(entry.Tag);
        Entries.Add(entry);
    }

    public void Remove(ushort tag) => Entries.RemoveAll(e => e.Tag == tag);
}
