using System.Buffers.Binary;
using System.Globalization;
using NetVips;

namespace Upscale.Imaging;

/// <summary>
/// What a file holds beside its pixels: colour profile, EXIF, XMP, IPTC, texts and resolution, on the way from
/// <see cref="ImageReader"/> to <see cref="ImageWriter"/>. Plain data that outlives the reader.
/// </summary>
public sealed class ImageMetadata
{
    internal const string DamagedProfile = "The colour profile is damaged and is not kept.";

    private const int MaxTextLength = 1 << 20;
    private const string ExifField = "exif-data";
    private const string IccField = "icc-profile-data";
    private const string OrientationField = "orientation";
    private const string ThumbnailField = "jpeg-thumbnail-data";
    private const string ExifSoftwareField = "exif-ifd0-Software";
    private const string PngTextPrefix = "png-comment-";
    private const string PngSoftwareSuffix = "-Software";

    // libvips says 1 pixel per millimetre where a file has no resolution.
    private const double UnknownResolution = 1.0;

    private readonly List<Field> _fields = [];
    private readonly ImageFormat? _format;
    private double _xres = UnknownResolution;
    private double _yres = UnknownResolution;

    private ImageMetadata(ImageFormat? format) => _format = format;

    /// <summary>No metadata.</summary>
    public static ImageMetadata None { get; } = new(null);

    /// <summary>Takes over what a result may keep. The orientation becomes 1, as the pixels will be upright.</summary>
    /// <param name="image">As loaded.</param>
    /// <param name="format">Of the file.</param>
    /// <param name="keepProfile">False when the pixels are converted to sRGB.</param>
    /// <param name="warnings">Receives what is dropped.</param>
    internal static ImageMetadata From(Image image, ImageFormat format, bool keepProfile, List<string> warnings)
    {
        // Some loaders leave the resolution in EXIF alone, and the savers would overwrite it with what the image says.
        bool told = image.Xres != UnknownResolution || image.Yres != UnknownResolution;
        ImageMetadata metadata = new(format)
        {
            _xres = told ? image.Xres : ExifResolution(image, "exif-ifd0-XResolution"),
            _yres = told ? image.Yres : ExifResolution(image, "exif-ifd0-YResolution"),
        };
        bool turned = Orientation(image) != 1;
        foreach (string name in image.GetFields())
        {
            MetadataKinds kind = KindOf(name);
            if (kind == MetadataKinds.None || (turned && name == ThumbnailField))
                continue;
            object value = image.Get(name);
            if (name == IccField)
            {
                if (!keepProfile)
                    continue;
                if (value is not byte[] profile || !IsProfile(profile))
                {
                    warnings.Add(DamagedProfile);
                    continue;
                }
            }
            else if (value is string { Length: > MaxTextLength })
            {
                warnings.Add("A text of more than 1 MB in the metadata is not kept.");
                continue;
            }

            if (value is byte[] { Length: 0 })
                continue;
            if (turned && name == ExifField)
                CutThumbnail((byte[])value);
            else if (name == OrientationField)
                value = 1;
            else if (name.EndsWith("-Orientation", StringComparison.Ordinal))
                value = "1";
            metadata._fields.Add(new Field(name, kind, value));
        }

        return metadata;
    }

    /// <summary>EXIF orientation 1..8; 1 where the file has none or an undefined one.</summary>
    internal static int Orientation(Image image)
        => image.Contains(OrientationField) && image.Get(OrientationField) is int value and >= 1 and <= 8 ? value : 1;

    /// <summary>Puts onto <paramref name="image"/> what <paramref name="format"/> holds.</summary>
    /// <param name="image">The pixels to be saved.</param>
    /// <param name="format">To be written.</param>
    /// <param name="channels">Colour channels: a profile for another number is dropped.</param>
    /// <param name="software">As <see cref="EncodeOptions.Software"/>.</param>
    /// <param name="warnings">Receives what is dropped.</param>
    internal Image Attach(Image image, ImageFormat format, int channels, string? software, List<string> warnings)
    {
        List<Field> kept = [];
        MetadataKinds lost = MetadataKinds.None;
        foreach (Field field in _fields)
        {
            bool holds = format.Holds.HasFlag(field.Kind) && (field.Kind != MetadataKinds.Private || format == _format);
            if (!holds)
                lost |= field.Kind;
            else if (field.Name == IccField && !FitsChannels((byte[])field.Value, channels))
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The colour profile was not kept: it does not fit a picture of {channels} colour channel(s)."));
            else
                kept.Add(field);
        }

        if (_xres != UnknownResolution && !format.Holds.HasFlag(MetadataKinds.Resolution))
            lost |= MetadataKinds.Resolution;
        if (lost != MetadataKinds.None)
            warnings.Add($"Not kept, as {format.Name} files here have no place for it: {Describe(lost)}.");
        if (software is not null)
            SetSoftware(kept, format, software);
        using Image sized = image.Copy(xres: _xres, yres: _yres);
        return sized.Mutate(m =>
        {
            // Told by the stream to the saver, not by the picture's own metadata.
            m.Remove(OrientationField);
            foreach (Field field in kept)
                m.Set(TypeOf(field.Value), field.Name, field.Value);
        });
    }

    private static void SetSoftware(List<Field> fields, ImageFormat format, string software)
    {
        fields.RemoveAll(f => f.Name == ExifSoftwareField || (IsPngText(f.Name) && f.Name.EndsWith(PngSoftwareSuffix, StringComparison.Ordinal)));
        if (format.Holds.HasFlag(MetadataKinds.Exif))
            fields.Add(new Field(ExifSoftwareField, MetadataKinds.Exif, software));
        if (format == ImageFormats.Png)
        {
            // The numbers only keep texts of one keyword apart.
            int number = fields.Count(f => IsPngText(f.Name));
            fields.Add(new Field(string.Create(CultureInfo.InvariantCulture, $"{PngTextPrefix}{number}{PngSoftwareSuffix}"), MetadataKinds.Private, software));
        }
    }

    private static bool IsPngText(string name) => name.StartsWith(PngTextPrefix, StringComparison.Ordinal);

    // libvips shows a tag as its value and, in brackets, the same for people: "300/1 (300, Rational, 1 components, 8 bytes)".
    private static double ExifResolution(Image image, string field)
    {
        const double MillimetresInInch = 25.4;
        const double MillimetresInCentimetre = 10;
        if (!image.Contains(field) || image.Get(field) is not string text)
            return UnknownResolution;
        string[] parts = text.Split(' ')[0].Split('/');
        if (parts.Length != 2
            || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double numerator)
            || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double denominator)
            || !(numerator / denominator is > 0 and < 1e6))
        {
            return UnknownResolution;
        }

        // EXIF 2.32, ResolutionUnit: 2 (the default) is inches, 3 centimetres.
        bool centimetres = image.Contains("exif-ifd0-ResolutionUnit") && image.Get("exif-ifd0-ResolutionUnit") is string unit && unit.StartsWith('3');
        return numerator / denominator / (centimetres ? MillimetresInCentimetre : MillimetresInInch);
    }

    // The thumbnail still lies on its side. It is in the second directory, which the first points to after its entries of
    // 12 bytes (EXIF 2.32, 4.5; TIFF 6.0, section 2). libvips replaces a thumbnail but does not remove one.
    private static void CutThumbnail(byte[] exif)
    {
        Span<byte> tiff = exif;
        if (tiff.StartsWith("Exif\0\0"u8))
            tiff = tiff[6..];
        if (tiff.Length < 8)
            return;
        bool little = tiff[0] == 'I';
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return;
        Span<byte> at = tiff[(int)directory..];
        int entries = little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
        int next = 2 + (12 * entries);
        if (next <= at.Length - 4)
            at.Slice(next, 4).Clear();
    }

    private static MetadataKinds KindOf(string name)
        => name switch
        {
            IccField => MetadataKinds.Icc,
            ExifField or OrientationField or ThumbnailField => MetadataKinds.Exif,
            "xmp-data" => MetadataKinds.Xmp,
            "iptc-data" or "photoshop-data" or "image-description" => MetadataKinds.Private,
            "resolution-unit" => MetadataKinds.Resolution,
            _ when name.StartsWith("exif-ifd", StringComparison.Ordinal) => MetadataKinds.Exif,
            _ when IsPngText(name) => MetadataKinds.Private,
            _ => MetadataKinds.None,
        };

    private static string Describe(MetadataKinds kinds)
    {
        List<string> names = [];
        if (kinds.HasFlag(MetadataKinds.Icc))
            names.Add("colour profile");
        if (kinds.HasFlag(MetadataKinds.Exif))
            names.Add("EXIF");
        if (kinds.HasFlag(MetadataKinds.Xmp))
            names.Add("XMP");
        if (kinds.HasFlag(MetadataKinds.Private))
            names.Add("IPTC and texts");
        if (kinds.HasFlag(MetadataKinds.Resolution))
            names.Add("resolution");
        return string.Join(", ", names);
    }

    private static nint TypeOf(object value)
        => value switch
        {
            byte[] => GValue.BlobType,
            string => GValue.RefStrType,
            _ => GValue.GIntType,
        };

    // ICC.1:2022, 7.2: a header of 128 bytes with the colour space at 16 and the signature "acsp" at 36.
    private static bool IsProfile(byte[] profile) => profile.Length >= 128 && profile.AsSpan(36, 4).SequenceEqual("acsp"u8);

    private static bool FitsChannels(byte[] profile, int channels) => profile.AsSpan(16, 4).SequenceEqual(channels == 1 ? "GRAY"u8 : "RGB "u8);

    private sealed record Field(string Name, MetadataKinds Kind, object Value);
}
