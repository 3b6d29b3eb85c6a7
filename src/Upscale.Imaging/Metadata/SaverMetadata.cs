using NetVips;

namespace Upscale.Imaging.Metadata;

/// <summary>Puts onto an image what its saver writes by itself.</summary>
internal static class SaverMetadata
{
    private const string ExifField = "exif-data";
    private const string ExifPrefix = "exif-ifd";

    // libvips says 1 pixel per millimetre where a file has no resolution. EXIF 2.32 says 72 pixels per inch for "not known".
    private const double Unknown = 72 / 25.4;
    private const double MillimetresInMetre = 1000;

    /// <summary>The same pixels with a profile, and for <see cref="ImageFormat.ByLibvips"/> with EXIF data and XMP.</summary>
    /// <param name="image">The pixels to be saved.</param>
    /// <param name="format">To be written.</param>
    /// <param name="parcel">What goes into the file.</param>
    /// <param name="animation">When the frames are shown that stand above one another in the image; null for one picture.</param>
    /// <param name="frameHeight">Of one frame.</param>
    public static Image Attach(Image image, ImageFormat format, MetadataParcel parcel, Animation? animation, int frameHeight)
    {
        double x = parcel.Resolution?.X / MillimetresInMetre ?? Unknown;
        double y = parcel.Resolution?.Y / MillimetresInMetre ?? Unknown;
        using Image? told = format.ByLibvips && parcel.Exif is { } exif ? Load(exif) : null;
        using Image sized = image.Copy(xres: x, yres: y);
        return sized.Mutate(m =>
        {
            // Only the stream to the saver tells these.
            foreach (string field in sized.GetFields().Where(f => f is "orientation" or "resolution-unit"))
                m.Remove(field);
            if (animation is not null)
            {
                m.Set(GValue.GIntType, "page-height", frameHeight);
                m.Set(GValue.ArrayIntType, "delay", animation.Delays.ToArray());
                m.Set(GValue.GIntType, "loop", animation.Loops);
            }

            if (parcel.Profile is { } profile)
                m.Set(GValue.BlobType, "icc-profile-data", profile);
            if (format == ImageFormats.WebP && (parcel.Exif is not null || parcel.Xmp is not null))
                m.Set(GValue.BlobType, "xmp-data", WebPChunks.Placeholder);
            if (!format.ByLibvips)
                return;
            if (parcel.Xmp is { } xmp)
                m.Set(GValue.BlobType, "xmp-data", xmp);
            foreach (string field in told?.GetFields().Where(f => f == ExifField || f.StartsWith(ExifPrefix, StringComparison.Ordinal)) ?? [])
            {
                object value = told!.Get(field);
                m.Set(value is byte[] ? GValue.BlobType : GValue.RefStrType, field, value);
            }
        });
    }

    /// <summary>What the saver shall keep of all that.</summary>
    public static Enums.ForeignKeep Keep(ImageFormat format, MetadataParcel parcel)
    {
        Enums.ForeignKeep keep = Enums.ForeignKeep.Icc;
        if (format.ByLibvips || format == ImageFormats.WebP)
            keep |= Enums.ForeignKeep.Xmp;
        if (format.ByLibvips && parcel.Exif is not null)
            keep |= Enums.ForeignKeep.Exif;
        return keep;
    }

    // Its savers drop every EXIF field that does not stand on the image beside the data, and only its loaders put them there.
    private static Image? Load(byte[] exif)
    {
        if (!JpegSegments.HoldsExif(exif.Length))
            return null;
        using Image black = Image.Black(1, 1);
        byte[] plain = black.JpegsaveBuffer(keep: Enums.ForeignKeep.None);
        return Image.JpegloadBuffer(JpegSegments.Rewrite(plain, new MetadataParcel { Exif = exif })!);
    }
}
