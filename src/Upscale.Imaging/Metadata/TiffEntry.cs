namespace Upscale.Imaging.Metadata;

/// <summary>One field of a directory (TIFF 6.0, section 2).</summary>
/// <param name="Tag">What it is; see <see cref="TiffTag"/>.</param>
/// <param name="Type">Of its values; see <see cref="TiffType"/>.</param>
/// <param name="Count">How many values.</param>
/// <param name="Value">4 or 8 bytes in the order of the structure: the values where they fit, else where they are.</param>
/// <param name="Position">Where the entry is; -1 for one that is not written yet.</param>
internal sealed record TiffEntry(ushort Tag, ushort Type, long Count, byte[] Value, long Position)
{
    /// <summary>Bytes of all values; 0 for an unknown type.</summary>
    public long Bytes => Count * TiffType.BytesOf(Type);

    /// <summary>True when the values stand in the entry.</summary>
    public bool Inline => Bytes <= Value.Length;
}
