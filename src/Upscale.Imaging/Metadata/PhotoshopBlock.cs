using System.Buffers.Binary;

namespace Upscale.Imaging.Metadata;

/// <summary>
/// Photoshop's image resources, one of which is IPTC data: in a JPEG file behind a name, in a TIFF file bare (Adobe Photoshop File Formats Specification,
/// "Image Resource Blocks").
/// </summary>
internal static class PhotoshopBlock
{
    private const int Iptc = 0x0404;
    private const int OldThumbnail = 1033;
    private const int Thumbnail = 1036;

    /// <summary>The IPTC data; null for none.</summary>
    public static byte[]? FindIptc(byte[] block)
        => Resources(block).FirstOrDefault(r => r.Id == Iptc) is { Length: > 0 } found ? block.AsSpan(found.DataAt, found.Length).ToArray() : null;

    /// <summary>Without the small picture of what the picture was.</summary>
    public static byte[] WithoutThumbnail(byte[] block)
    {
        List<Resource> resources = Resources(block);
        int understood = resources.Count == 0 ? 0 : resources[^1].End;
        return [.. resources.Where(r => r.Id is not (OldThumbnail or Thumbnail)).SelectMany(r => block[r.At..r.End]), .. block[understood..]];
    }

    /// <summary>A block with IPTC data alone.</summary>
    public static byte[] FromIptc(byte[] iptc)
    {
        byte[] head = [.. "8BIM"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), Iptc);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(8), iptc.Length);
        return iptc.Length % 2 == 0 ? [.. head, .. iptc] : [.. head, .. iptc, 0];
    }

    // "8BIM", a number, a name of even length with its own length in front, the length of the data, the data, filled up to an even length.
    private static List<Resource> Resources(byte[] block)
    {
        List<Resource> found = [];
        for (int at = 0; at + 12 <= block.Length && block.AsSpan(at, 4).SequenceEqual("8BIM"u8);)
        {
            int dataAt = at + 6 + ((block[at + 6] + 2) / 2 * 2) + 4;
            if (dataAt > block.Length)
                break;
            int length = BinaryPrimitives.ReadInt32BigEndian(block.AsSpan(dataAt - 4));
            if (length < 0 || length > block.Length - dataAt)
                break;
            int end = Math.Min(block.Length, dataAt + length + (length % 2));
            found.Add(new Resource(BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(at + 4)), at, dataAt, length, end));
            at = end;
        }

        return found;
    }

    private readonly record struct Resource(int Id, int At, int DataAt, int Length, int End);
}
