namespace Upscale.Imaging.Metadata;

/// <summary>Puts into a TIFF file that libvips wrote what libvips has no way to say.</summary>
internal static class TiffFields
{
    /// <summary>Writes the first directory once more, at the file's end, with all that belongs there.</summary>
    /// <param name="path">A whole file.</param>
    /// <param name="parcel">What to add.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">It is no TIFF file.</exception>
    public static void Write(string path, MetadataParcel parcel)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        TiffStructure tiff = TiffStructure.Open(file);
        TiffDirectory first = tiff.Read(tiff.First);
        foreach (TiffEntry entry in parcel.Exif is { } exif ? ExifBlock.ToTiff(exif, tiff) : [])
            first.Set(entry);
        SetResolution(tiff, first, parcel.Resolution);
        if (parcel.Software is { } software)
            first.Set(tiff.Text(TiffTag.Software, software));
        if (parcel.Xmp is { } xmp)
            first.Set(tiff.Make(TiffTag.Xmp, TiffType.Byte, xmp));
        if (parcel.Iptc is { } iptc)
            first.Set(tiff.Make(TiffTag.Iptc, TiffType.Undefined, iptc));
        if (parcel.Photoshop.Length > 0)
            first.Set(tiff.Make(TiffTag.Photoshop, TiffType.Byte, parcel.Photoshop));
        tiff.First = tiff.Append(first);
    }

    // TIFF 6.0 wants these fields, and has a unit for "none".
    private static void SetResolution(TiffStructure tiff, TiffDirectory first, Resolution? resolution)
    {
        const int None = 1;
        first.Set(tiff.Ratio(TiffTag.XResolution, resolution?.InUnit.X ?? 1));
        first.Set(tiff.Ratio(TiffTag.YResolution, resolution?.InUnit.Y ?? 1));
        first.Set(tiff.Short(TiffTag.ResolutionUnit, resolution?.Unit ?? None));
    }
}
