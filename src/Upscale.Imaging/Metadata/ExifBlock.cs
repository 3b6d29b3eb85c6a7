namespace Upscale.Imaging.Metadata;

/// <summary>
/// EXIF data as a TIFF structure without pixels (EXIF 2.32, 4.5). It is changed in place and at its end, so that what nobody here understands, such as makers'
/// notes with offsets of their own, stays valid.
/// </summary>
internal static class ExifBlock
{
    /// <summary>Without the prefix that JPEG has; null when it cannot be read.</summary>
    public static byte[]? Parse(ReadOnlySpan<byte> data)
    {
        byte[] exif = [.. data.StartsWith("Exif\0\0"u8) ? data[6..] : data];
        try
        {
            using MemoryStream stream = new(exif);
            TiffStructure tiff = TiffStructure.Open(stream);
            tiff.Read(tiff.First);
            return exif;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The resolution that it tells; null for none.</summary>
    /// <param name="exif">From <see cref="Parse"/>.</param>
    public static Resolution? Resolution(byte[] exif)
    {
        using MemoryStream stream = new(exif);
        return Resolution(TiffStructure.Open(stream));
    }

    /// <summary>The resolution in the first directory; null for none.</summary>
    public static Resolution? Resolution(TiffStructure tiff)
    {
        try
        {
            TiffDirectory first = tiff.Read(tiff.First);
            return Metadata.Resolution.From(
                tiff.Ratio(first.Find(TiffTag.XResolution)),
                tiff.Ratio(first.Find(TiffTag.YResolution)),
                first.Find(TiffTag.ResolutionUnit) is { } unit ? (int)tiff.Number(unit) : 2);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>What a TIFF file tells beside its pixels; null for nothing.</summary>
    public static byte[]? FromTiff(TiffStructure tiff)
    {
        TiffDirectory first = tiff.Read(tiff.First);
        using MemoryStream stream = new();
        TiffStructure exif = TiffStructure.Create(stream, tiff.LittleEndian);
        List<TiffEntry> entries = [.. first.Entries.Where(e => TiffTag.IsDescriptive(e.Tag)).Select(e => exif.Copy(tiff, e)).OfType<TiffEntry>()];
        if (!entries.Exists(e => e.Tag is not (TiffTag.XResolution or TiffTag.YResolution or TiffTag.ResolutionUnit)))
            return null;
        exif.First = exif.Append(new TiffDirectory(entries, 0));
        return stream.ToArray();
    }

    /// <summary>Fields for the first directory of a TIFF file.</summary>
    /// <param name="exif">From <see cref="Update"/>.</param>
    /// <param name="target">Gets what the fields point to.</param>
    public static List<TiffEntry> ToTiff(byte[] exif, TiffStructure target)
    {
        using MemoryStream stream = new(exif);
        TiffStructure tiff = TiffStructure.Open(stream);
        return [.. tiff.Read(tiff.First).Entries.Where(e => TiffTag.IsDescriptive(e.Tag)).Select(e => target.Copy(tiff, e)).OfType<TiffEntry>()];
    }

    /// <summary>The data made true: upright, of another size, without the small picture of what it was.</summary>
    /// <param name="exif">From <see cref="Parse"/>; null for none, and then there is some only where something is to be told.</param>
    /// <param name="changes">What to change.</param>
    public static byte[]? Update(byte[]? exif, ExifChanges changes)
    {
        if (exif is null && changes is { Software: null, Resolution: null })
            return null;
        using MemoryStream stream = new();
        if (exif is null)
            TiffStructure.Create(stream, littleEndian: true);
        else
            stream.Write(exif);
        TiffStructure tiff = TiffStructure.Open(stream);
        TiffDirectory first = tiff.Read(tiff.First);
        if (!changes.KeepGps && first.Find(TiffTag.GpsDirectory) is { } gps)
        {
            if (tiff.Follow(gps) is { } place)
                tiff.Wipe(place, values: true);
            first.Remove(TiffTag.GpsDirectory);
        }

        // The thumbnail is what the next directory points to, mostly behind everything else.
        if (first.Next != 0 && tiff.Find(first.Next) is { } thumbnail)
        {
            if (thumbnail.Find(TiffTag.ThumbnailOffset) is { } at && thumbnail.Find(TiffTag.ThumbnailBytes) is { } bytes)
                tiff.Wipe((long)tiff.Number(at), (long)tiff.Number(bytes));
            tiff.Wipe(thumbnail, values: true);
        }

        tiff.Wipe(first, values: false);
        if (first.Next != 0 && tiff.End(first) is var end && end < stream.Length)
            stream.SetLength(end);
        if (first.Find(TiffTag.ExifDirectory) is { } pointer && tiff.Follow(pointer) is { } directory)
        {
            ReplaceIn(directory, TiffTag.PixelXDimension, changes.Width);
            ReplaceIn(directory, TiffTag.PixelYDimension, changes.Height);
        }

        if (first.Find(TiffTag.Orientation) is not null)
            first.Set(tiff.Short(TiffTag.Orientation, 1));
        if (first.Find(TiffTag.ImageWidth) is not null)
            first.Set(tiff.Long(TiffTag.ImageWidth, changes.Width));
        if (first.Find(TiffTag.ImageLength) is not null)
            first.Set(tiff.Long(TiffTag.ImageLength, changes.Height));
        if (changes.Software is { } software)
            first.Set(tiff.Text(TiffTag.Software, software));
        if (changes.Resolution is { } resolution && (exif is null || changes.Stretch is not null || Resolution(exif) is null))
        {
            first.Set(tiff.Ratio(TiffTag.XResolution, resolution.InUnit.X));
            first.Set(tiff.Ratio(TiffTag.YResolution, resolution.InUnit.Y));
            first.Set(tiff.Short(TiffTag.ResolutionUnit, resolution.Unit));
        }

        tiff.First = tiff.Append(first with { Next = 0 });
        return stream.ToArray();

        void ReplaceIn(TiffDirectory directory, ushort tag, int value)
        {
            if (directory.Find(tag) is { } old)
                tiff.Replace(old, tiff.Long(tag, value));
        }
    }
}
