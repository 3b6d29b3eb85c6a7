using System.Globalization;
using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging;

/// <summary>
/// What a file holds beside its pixels: colour profile, EXIF, XMP, IPTC, texts and resolution, on the way from
/// <see cref="ImageReader"/> to <see cref="ImageWriter"/>. Plain data that outlives the reader.
/// </summary>
public sealed class ImageMetadata
{
    internal const string DamagedProfile = "The colour profile is damaged and is not kept.";

    private const string ExifField = "exif-data";
    private const string IccField = "icc-profile-data";
    private const string XmpField = "xmp-data";
    private const string OrientationField = "orientation";

    // What libvips says where a file has no resolution.
    private const double UnknownResolution = 1;
    private const double MillimetresInMetre = 1000;

    private byte[]? _profile;
    private byte[]? _exif;
    private byte[]? _xmp;
    private byte[]? _iptc;
    private byte[] _photoshop = [];
    private IReadOnlyList<byte[]> _extendedXmp = [];
    private IReadOnlyList<byte[]> _comments = [];
    private IReadOnlyList<PngChunk> _colours = [];
    private IReadOnlyList<PngChunk> _texts = [];
    private uint? _oddGamma;
    private Resolution? _resolution;
    private (int Width, int Height) _size;

    private ImageMetadata()
    {
    }

    /// <summary>No metadata.</summary>
    public static ImageMetadata None { get; } = new();

    /// <summary>True when both have the same colour profile, byte for byte, or none.</summary>
    public bool HasProfileOf(ImageMetadata other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (_profile is null) == (other._profile is null) && _profile.AsSpan().SequenceEqual(other._profile);
    }

    /// <summary>Takes over all that can be read.</summary>
    /// <param name="image">As loaded.</param>
    /// <param name="file">For what libvips does not tell.</param>
    /// <param name="frame">Frame or page that the image is.</param>
    /// <param name="profile">The profile that the pixels have as they are read; null for none.</param>
    /// <param name="warnings">Receives what is dropped.</param>
    internal static ImageMetadata From(Image image, PictureFile file, int frame, byte[]? profile, List<string> warnings)
    {
        (string path, ImageFormat format) = (file.Path, file.Format);
        bool lying = Orientation(image) >= 5;
        ImageMetadata metadata = new() { _xmp = Blob(image, XmpField), _size = lying ? (image.Height, image.Width) : (image.Width, image.Height) };
        if (profile is not null && !IsProfile(profile))
            warnings.Add(DamagedProfile);
        else
            metadata._profile = profile;
        byte[]? exif = Blob(image, ExifField);
        if (format == ImageFormats.Png)
            exif = metadata.AddPng(PngChunks.Read(path), exif, warnings);
        else if (format == ImageFormats.Jpeg)
            metadata.AddJpeg(JpegSegments.Read(path));
        else if (format == ImageFormats.Tiff)
            exif = metadata.AddTiff(path, file.DirectoryAt(frame));
        else if (format == ImageFormats.Bmp && image.Xres != UnknownResolution)
            metadata._resolution = new Resolution(image.Xres * MillimetresInMetre, image.Yres * MillimetresInMetre, Metric: false);
        if (exif is not null && (metadata._exif = ExifBlock.Parse(exif)) is null)
            warnings.Add("The EXIF data is damaged and is not kept.");
        if (metadata._exif is not null)
            metadata._resolution ??= ExifBlock.Resolution(metadata._exif);
        return metadata;
    }

    /// <summary>EXIF orientation 1..8; 1 where the file has none or an undefined one.</summary>
    internal static int Orientation(Image image)
        => image.Contains(OrientationField) && image.Get(OrientationField) is int value and >= 1 and <= 8 ? value : 1;

    /// <summary>The colour profile in a file; null for none.</summary>
    internal static byte[]? Profile(Image image) => Blob(image, IccField);

    /// <summary>What goes into a result.</summary>
    /// <param name="options">Format, software, what to strip.</param>
    /// <param name="shape">Of the result.</param>
    /// <param name="warnings">Receives what is dropped.</param>
    internal MetadataParcel For(EncodeOptions options, ImageShape shape, List<string> warnings)
    {
        ImageFormat format = options.Format;
        bool all = options.Strip == MetadataStrip.All;
        string? software = all ? null : options.Software;
        Resolution? resolution = format.Holds.HasFlag(MetadataKinds.Resolution) ? _resolution : null;
        (double X, double Y)? stretch = options.KeepPhysicalSize && _size.Width > 0 ? ((double)shape.Width / _size.Width, (double)shape.Height / _size.Height) : null;
        if (stretch is { } factors)
            resolution = resolution?.Times(factors.X, factors.Y);
        // Where nothing else tells of software and resolution, EXIF data is made for them.
        bool make = _exif is not null || !format.TellsResolution;
        ExifChanges changes = new(shape.Width, shape.Height, options.Strip == MetadataStrip.None, _exif is null && format == ImageFormats.Tiff ? null : software, make ? resolution : null, stretch);
        MetadataParcel parcel = new()
        {
            Profile = format.Holds.HasFlag(MetadataKinds.Icc) ? FittingProfile(shape.Channels, warnings) : null,
            Exif = all || !format.Holds.HasFlag(MetadataKinds.Exif) ? null : ExifBlock.Update(_exif, changes),
            Xmp = all || _xmp is null || !format.Holds.HasFlag(MetadataKinds.Xmp) ? null : XmpPacket.Update(_xmp, changes),
            ExtendedXmp = all || format != ImageFormats.Jpeg ? [] : _extendedXmp,
            Comments = all || !format.Holds.HasFlag(MetadataKinds.Comments) ? [] : _comments,
            PngColours = format == ImageFormats.Png ? _colours : [],
            PngTexts = all || format != ImageFormats.Png ? [] : Texts(software),
            Resolution = resolution,
            Software = software,
        };
        if (!all && format.Holds.HasFlag(MetadataKinds.Iptc))
            parcel = AddIptc(parcel, format);
        if (_oddGamma is { } gamma && format != ImageFormats.Png)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The gamma value of the file ({gamma / 100000.0:0.#####}) is neither applied nor kept."));
        Tell(format, all, warnings);
        return format == ImageFormats.Jpeg ? FitJpeg(parcel, warnings) : parcel;
    }

    private static byte[]? Blob(Image image, string field) => image.Contains(field) && image.Get(field) is byte[] { Length: > 0 } data ? data : null;

    private static MetadataParcel FitJpeg(MetadataParcel parcel, List<string> warnings)
    {
        if (parcel.Exif is { } exif && !JpegSegments.HoldsExif(exif.Length))
        {
            warnings.Add("The EXIF data is larger than a jpeg file holds and was not kept.");
            parcel = parcel with { Exif = null };
        }

        if (parcel.Xmp is { } xmp && !JpegSegments.HoldsXmp(xmp.Length))
        {
            warnings.Add("The XMP data is larger than a jpeg file holds and was not kept.");
            parcel = parcel with { Xmp = null, ExtendedXmp = [] };
        }

        return parcel;
    }

    private byte[]? AddPng(PngChunks chunks, byte[]? exif, List<string> warnings)
    {
        _colours = chunks.Colours;
        _texts = chunks.Texts;
        _xmp = chunks.Xmp ?? _xmp;
        _resolution = chunks.Resolution;
        _oddGamma = chunks.OddGamma;
        if (chunks.TextTooLong)
            warnings.Add("A text of more than 1 MB in the metadata is not kept.");
        return chunks.Exif ?? exif;
    }

    private void AddJpeg(JpegSegments segments)
    {
        _comments = segments.Comments;
        _photoshop = segments.Photoshop;
        _extendedXmp = segments.ExtendedXmp;
        _resolution = segments.Resolution;
        _iptc = PhotoshopBlock.FindIptc(_photoshop);
    }

    private byte[]? AddTiff(string path, long? pageAt)
    {
        using FileStream file = File.OpenRead(path);
        try
        {
            TiffStructure tiff = TiffStructure.Open(file, pageAt);
            TiffDirectory first = tiff.Read(tiff.First);
            _resolution = ExifBlock.Resolution(tiff);
            _photoshop = Field(TiffTag.Photoshop) ?? [];
            _iptc = Field(TiffTag.Iptc) ?? PhotoshopBlock.FindIptc(_photoshop);
            return ExifBlock.FromTiff(tiff);

            byte[]? Field(ushort tag) => first.Find(tag) is { Bytes: > 0 } entry ? tiff.Value(entry) : null;
        }
        catch (InvalidDataException)
        {
            // libtiff reads more than this does.
            return null;
        }
    }

    private MetadataParcel AddIptc(MetadataParcel parcel, ImageFormat format)
    {
        byte[] photoshop = PhotoshopBlock.WithoutThumbnail(_photoshop);
        if (_iptc is not null && PhotoshopBlock.FindIptc(photoshop) is null && format == ImageFormats.Jpeg)
            photoshop = [.. photoshop, .. PhotoshopBlock.FromIptc(_iptc)];
        return parcel with { Photoshop = photoshop, Iptc = _iptc };
    }

    private byte[]? FittingProfile(int channels, List<string> warnings)
    {
        if (_profile is null || FitsChannels(_profile, channels))
            return _profile;
        warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The colour profile was not kept: it does not fit a picture of {channels} colour channel(s)."));
        return null;
    }

    private List<PngChunk> Texts(string? software)
        => software is null ? [.. _texts] : [.. _texts.Where(t => t.Keyword != "Software"), PngChunk.Text("Software", software)];

    private void Tell(ImageFormat format, bool stripped, List<string> warnings)
    {
        List<string> lost = [];
        Check(MetadataKinds.Icc, _profile is not null, "colour profile");
        if (!stripped)
        {
            Check(MetadataKinds.Exif, _exif is not null, "EXIF");
            Check(MetadataKinds.Xmp, _xmp is not null, "XMP");
            Check(MetadataKinds.Iptc, _iptc is not null, "IPTC");
            Check(MetadataKinds.Texts, _texts.Count > 0, "texts");
            Check(MetadataKinds.Comments, _comments.Count > 0, "comment");
        }

        Check(MetadataKinds.Resolution, _resolution is not null, "resolution");
        if (lost.Count > 0)
            warnings.Add($"Not kept, as {format.Name} files here have no place for it: {string.Join(", ", lost)}.");

        void Check(MetadataKinds kind, bool there, string name)
        {
            if (there && !format.Holds.HasFlag(kind))
                lost.Add(name);
        }
    }

    // ICC.1:2022, 7.2: a header of 128 bytes with the colour space at 16 and the signature "acsp" at 36.
    private static bool IsProfile(byte[] profile) => profile.Length >= 128 && profile.AsSpan(36, 4).SequenceEqual("acsp"u8);

    private static bool FitsChannels(byte[] profile, int channels) => profile.AsSpan(16, 4).SequenceEqual(channels == 1 ? "GRAY"u8 : "RGB "u8);
}
