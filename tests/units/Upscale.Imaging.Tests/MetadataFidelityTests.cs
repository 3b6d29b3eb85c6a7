using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Upscale.Imaging.Metadata;
using Upscale.Testing;

namespace Upscale.Imaging.Tests;

/// <summary>Metadata byte by byte, through files and formats.</summary>
public sealed class MetadataFidelityTests
{
    private static readonly byte[] s_makerNote = [.. "Maker note "u8, .. Enumerable.Range(0, 200).Select(i => (byte)(i * 7))];
    private static readonly byte[] s_thumbnail = [0xFF, 0xD8, .. "small picture of what it was"u8, 0xFF, 0xD9];
    private static readonly byte[] s_place = "WGS-84 in a garden"u8.ToArray();
    private static readonly byte[] s_iptc = [0x1C, 2, 120, 0, 9, .. "A caption"u8];

    public static TheoryData<bool, string> OrdersAndFormats()
    {
        TheoryData<bool, string> data = [];
        foreach (bool little in new[] { false, true })
        {
            foreach (string format in new[] { "jpeg", "png", "webp", "tiff" })
                data.Add(little, format);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(OrdersAndFormats))]
    public async Task Exif_is_kept_and_made_true_in_every_format_that_holds_it(bool little, string format)
    {
        using TemporaryFolder folder = new();
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Exif = MakeExif(little) });
        IReadOnlyList<string> warnings = await CopyAsync(folder.File("in.jpg"), folder.File("out"), new EncodeOptions { Format = ImageFormats.FromName(format) }, enlarge: 2);
        Assert.Empty(warnings);
        CheckExif(folder.File("out"), 80, 60);
        byte[] file = File.ReadAllBytes(folder.File("out"));
        Assert.True(Contains(file, s_makerNote));
        Assert.True(Contains(file, s_place));
        Assert.False(Contains(file, s_thumbnail));

        // And from there into each other format.
        foreach (string next in new[] { "jpeg", "png", "webp", "tiff" })
        {
            Assert.Empty(await CopyAsync(folder.File("out"), folder.File("again"), new EncodeOptions { Format = ImageFormats.FromName(next), Force = true }));
            CheckExif(folder.File("again"), 80, 60);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_nobody_understands_stays_where_it_is_within_the_exif_data(bool little)
    {
        byte[] before = MakeExif(little);
        byte[] after = ExifBlock.Update(before, new ExifChanges(9, 8, true, "a rather long name of a program", null, null))!;
        Assert.Equal(before.AsSpan().IndexOf(s_makerNote), after.AsSpan().IndexOf(s_makerNote));
    }

    [Theory]
    [MemberData(nameof(OrdersAndFormats))]
    public async Task The_place_goes_when_asked_and_the_rest_stays(bool little, string format)
    {
        using TemporaryFolder folder = new();
        byte[] xmp = "<x exif:GPSLatitude='52,31.2N' tiff:Make=\"M\"><exif:GPSLongitude>13,24.3E</exif:GPSLongitude><exif:FNumber>8/1</exif:FNumber></x>"u8.ToArray();
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Exif = MakeExif(little), Xmp = xmp });
        await CopyAsync(folder.File("in.jpg"), folder.File("out"), new EncodeOptions { Format = ImageFormats.FromName(format), Strip = MetadataStrip.Gps });
        byte[] file = File.ReadAllBytes(folder.File("out"));
        Assert.False(Contains(file, s_place));
        Assert.False(Contains(file, "GPSL"u8));
        Assert.True(Contains(file, "<exif:FNumber>8/1</exif:FNumber>"u8));
        Assert.True(Contains(file, s_makerNote));
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("tiff")]
    [InlineData("avif")]
    public async Task Everything_but_colour_goes_when_asked_and_nothing_is_said_of_it(string format)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        using TemporaryFolder folder = new();
        byte[] profile = MakeProfile();
        MetadataParcel all = new() { Exif = MakeExif(true), Xmp = "<x/>"u8.ToArray(), Photoshop = PhotoshopBlock.FromIptc(s_iptc), Comments = ["A remark"u8.ToArray()], Profile = profile };
        await WriteJpegAsync(folder.File("in.jpg"), all);
        EncodeOptions options = new() { Format = ImageFormats.FromName(format), Strip = MetadataStrip.All, Software = "Upscale" };
        Assert.Empty(await CopyAsync(folder.File("in.jpg"), folder.File("out"), options));
        byte[] file = File.ReadAllBytes(folder.File("out"));
        foreach (string text in new[] { "Make", "garden", "caption", "remark", "<x/>", "Upscale" })
            Assert.False(Contains(file, Encoding.ASCII.GetBytes(text)), text);
        using NetVips.Image image = NetVips.Image.NewFromBuffer(file);
        Assert.Equal(profile, (byte[])image.Get("icc-profile-data"));
    }

    [Fact]
    public async Task Iptc_goes_from_jpeg_to_tiff_and_back_and_is_told_where_it_cannot_be_kept()
    {
        using TemporaryFolder folder = new();
        byte[] photoshop = [.. PhotoshopBlock.FromIptc(s_iptc), .. Resource(1036, s_thumbnail), .. Resource(1005, [1, 2, 3])];
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Photoshop = photoshop });
        Assert.Empty(await CopyAsync(folder.File("in.jpg"), folder.File("out.tif"), ImageFormats.Tiff));
        Assert.Equal(s_iptc, FieldOfTiff(folder.File("out.tif"), TiffTag.Iptc));
        Assert.Equal([.. PhotoshopBlock.FromIptc(s_iptc), .. Resource(1005, [1, 2, 3])], FieldOfTiff(folder.File("out.tif"), TiffTag.Photoshop));
        Assert.Empty(await CopyAsync(folder.File("out.tif"), folder.File("back.jpg"), ImageFormats.Jpeg));
        Assert.Equal([.. PhotoshopBlock.FromIptc(s_iptc), .. Resource(1005, [1, 2, 3])], JpegSegments.Read(folder.File("back.jpg")).Photoshop);
        foreach (ImageFormat format in new[] { ImageFormats.Png, ImageFormats.WebP })
            Assert.Contains(await CopyAsync(folder.File("in.jpg"), folder.File($"out.{format}"), format), w => w.Contains("IPTC", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Iptc_of_more_than_a_segment_comes_back_whole()
    {
        using TemporaryFolder folder = new();
        byte[] photoshop = PhotoshopBlock.FromIptc([.. Enumerable.Range(0, 150_001).Select(i => (byte)(i * 31))]);
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Photoshop = photoshop });
        await CopyAsync(folder.File("in.jpg"), folder.File("out.jpg"), ImageFormats.Jpeg);
        Assert.Equal(photoshop, JpegSegments.Read(folder.File("out.jpg")).Photoshop);
    }

    [Fact]
    public async Task Comments_and_extended_xmp_of_a_jpeg_are_kept_in_a_jpeg_and_told_elsewhere()
    {
        using TemporaryFolder folder = new();
        byte[] more = [.. "http://ns.adobe.com/xmp/extension/\0"u8, .. new byte[40], .. "more"u8];
        byte[][] comments = ["first"u8.ToArray(), [0xFF, 0xFE, 0, 200]];
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Comments = comments, Xmp = "<x/>"u8.ToArray(), ExtendedXmp = [more] });
        Assert.Empty(await CopyAsync(folder.File("in.jpg"), folder.File("out.jpg"), ImageFormats.Jpeg));
        JpegSegments segments = JpegSegments.Read(folder.File("out.jpg"));
        Assert.Equal(comments, segments.Comments);
        Assert.Equal([more], segments.ExtendedXmp);
        Assert.Contains(await CopyAsync(folder.File("in.jpg"), folder.File("out.png"), ImageFormats.Png), w => w.Contains("comment", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("tiff")]
    public async Task A_resolution_that_is_missing_stays_missing(string format)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(40, 30, 3, false);
        await picture.WriteAsync(folder.File("in.png"));
        Assert.False(Contains(File.ReadAllBytes(folder.File("in.png")), "pHYs"u8));
        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out"), ImageFormats.FromName(format)));
        await CopyAsync(folder.File("out"), folder.File("back.png"), ImageFormats.Png);
        Assert.False(Contains(File.ReadAllBytes(folder.File("back.png")), "pHYs"u8));
        byte[] file = File.ReadAllBytes(folder.File("out"));
        Assert.False(Contains(file, "Exif"u8) || Contains(file, "EXIF"u8));
        if (format == "jpeg")
            Assert.Equal([1, 2, 0, 0, 1, 0, 1], file.AsSpan(11, 7).ToArray());
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("png")]
    [InlineData("webp")]
    [InlineData("tiff")]
    public async Task The_resolution_grows_everywhere_where_the_physical_size_is_to_stay(string format)
    {
        using TemporaryFolder folder = new();
        byte[] xmp = [.. "<x tiff:XResolution=\"240/1\" tiff:YResolution='480/2'><tiff:XResolution>240/0</tiff:XResolution></x>"u8];
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Exif = MakeExif(true), Xmp = xmp, Resolution = Resolution.From(240, 240, 2) });
        await CopyAsync(folder.File("in.jpg"), folder.File("out"), new EncodeOptions { Format = ImageFormats.FromName(format), KeepPhysicalSize = true }, enlarge: 3);
        using (MemoryStream stream = new(ExifOf(folder.File("out"))))
        {
            TiffStructure tiff = TiffStructure.Open(stream);
            if (format != "tiff")
                Assert.Equal(720, tiff.Ratio(tiff.Read(tiff.First).Find(TiffTag.XResolution))!.Value, 0.01);
        }

        await using ImageReader reader = ImageReader.Open(folder.File("out"));
        await (await Picture.ReadAsync(reader)).WriteAsync(folder.File("back.jpg"), metadata: reader.Metadata);
        Assert.Equal((720, 720), (Math.Round(JpegSegments.Read(folder.File("back.jpg")).Resolution!.Value.InUnit.X), Math.Round(JpegSegments.Read(folder.File("back.jpg")).Resolution!.Value.InUnit.Y)));
        byte[] file = File.ReadAllBytes(folder.File("out"));
        Assert.True(Contains(file, "tiff:XResolution=\"7200000/10000\" tiff:YResolution='7200000/10000'><tiff:XResolution>240/0<"u8));
    }

    [Theory]
    [InlineData(300, 300, 2)]
    [InlineData(72, 96, 2)]
    [InlineData(118, 59, 3)]
    public async Task Resolution_keeps_its_numbers_and_its_unit(int x, int y, int unit)
    {
        using TemporaryFolder folder = new();
        Resolution resolution = Resolution.From(x, y, unit)!.Value;
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Resolution = resolution });
        await CopyAsync(folder.File("in.jpg"), folder.File("out.tif"), ImageFormats.Tiff);
        Assert.Equal(new byte[] { (byte)unit, 0 }, FieldOfTiff(folder.File("out.tif"), TiffTag.ResolutionUnit));
        Assert.Equal([.. BitConverter.GetBytes(x), 1, 0, 0, 0], FieldOfTiff(folder.File("out.tif"), TiffTag.XResolution));
        await CopyAsync(folder.File("out.tif"), folder.File("out.jpg"), ImageFormats.Jpeg);
        Assert.Equal(resolution, JpegSegments.Read(folder.File("out.jpg")).Resolution);
        await CopyAsync(folder.File("out.jpg"), folder.File("out.png"), ImageFormats.Png);
        await CopyAsync(folder.File("out.png"), folder.File("inches.jpg"), ImageFormats.Jpeg);
        if (unit == 2)
            Assert.Equal(resolution, JpegSegments.Read(folder.File("inches.jpg")).Resolution);
    }

    [Fact]
    public async Task Texts_of_a_png_are_kept_byte_for_byte_wherever_they_stand()
    {
        using TemporaryFolder folder = new();
        PngChunk[] texts = [PngChunk.Text("parameters", "seed 7"u8.ToArray()), new("iTXt", [.. "Title"u8, 0, 0, 0, .. "he"u8, 0, 0, .. "תמונה"u8]), new("zTXt", [.. "Comment"u8, 0, 0, .. Deflated("x"u8)]), PngChunk.Text("Software", "Editor")];
        await Picture.Smooth(40, 30, 3, false).WriteAsync(folder.File("plain.png"));
        byte[] plain = File.ReadAllBytes(folder.File("plain.png"));
        byte[] before = PngChunks.Rewrite(plain, new MetadataParcel { PngTexts = texts[..2], Xmp = "<x/>"u8.ToArray() })!;

        // The others between the pixels and the end, which is the last 12 bytes.
        byte[] late = PngChunks.Rewrite(plain, new MetadataParcel { PngTexts = texts[2..], Exif = MakeExif(true) })!;
        int added = late.Length - plain.Length;
        File.WriteAllBytes(folder.File("in.png"), [.. before[..^12], .. late.AsSpan(33, added), .. before[^12..]]);

        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out.png"), ImageFormats.Png));
        PngChunks chunks = PngChunks.Read(folder.File("out.png"));
        Assert.Equal(texts.Select(t => t.Type), chunks.Texts.Select(t => t.Type));
        Assert.Equal(texts.SelectMany(t => t.Data), chunks.Texts.SelectMany(t => t.Data));
        Assert.Equal("<x/>"u8.ToArray(), chunks.Xmp);
        Assert.True(Contains(chunks.Exif!, s_makerNote));

        static byte[] Deflated(ReadOnlySpan<byte> data)
        {
            using MemoryStream stream = new();
            using (System.IO.Compression.ZLibStream deflate = new(stream, System.IO.Compression.CompressionLevel.Optimal))
                deflate.Write(data);
            return stream.ToArray();
        }
    }

    [Fact]
    public async Task How_samples_are_to_be_shown_is_kept_in_a_png_and_told_elsewhere()
    {
        using TemporaryFolder folder = new();
        PngChunk[] colours = [new("gAMA", [0, 1, 0x86, 0xA0]), new("cHRM", new byte[32])];
        BinaryPrimitives.WriteInt32BigEndian(colours[1].Data, 31270);
        await Picture.Smooth(40, 30, 3, false).WriteAsync(folder.File("plain.png"));
        File.WriteAllBytes(folder.File("in.png"), PngChunks.Rewrite(File.ReadAllBytes(folder.File("plain.png")), new MetadataParcel { PngColours = colours })!);
        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out.png"), ImageFormats.Png));
        Assert.Equal(colours.SelectMany(t => t.Data), PngChunks.Read(folder.File("out.png")).Colours.SelectMany(t => t.Data));
        Assert.Contains(await CopyAsync(folder.File("in.png"), folder.File("out.jpg"), ImageFormats.Jpeg), w => w.Contains("gamma", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Orientation_and_size_in_xmp_are_made_true_and_its_other_bytes_are_kept()
    {
        using TemporaryFolder folder = new();
        const string Xmp = "<x tiff:Orientation=\"6\" exif:PixelXDimension='4000'><tiff:ImageLength>17</tiff:ImageLength><a>é ש 6</a></x>";
        await WriteJpegAsync(folder.File("in.jpg"), new MetadataParcel { Xmp = Encoding.UTF8.GetBytes(Xmp) });
        await CopyAsync(folder.File("in.jpg"), folder.File("out.png"), new EncodeOptions { Format = ImageFormats.Png }, enlarge: 3);
        Assert.Equal("<x tiff:Orientation=\"1\" exif:PixelXDimension='120'><tiff:ImageLength>90</tiff:ImageLength><a>é ש 6</a></x>", Encoding.UTF8.GetString(PngChunks.Read(folder.File("out.png")).Xmp!));
    }

    [Fact]
    public async Task What_is_too_long_for_a_jpeg_is_told()
    {
        using TemporaryFolder folder = new();
        await Picture.Smooth(40, 30, 3, false).WriteAsync(folder.File("plain.png"));
        MetadataParcel parcel = new() { Xmp = [.. Encoding.ASCII.GetBytes($"<x>{new string('a', 70_000)}</x>")], Exif = MakeExif(true, noteBytes: 70_000) };
        File.WriteAllBytes(folder.File("in.png"), PngChunks.Rewrite(File.ReadAllBytes(folder.File("plain.png")), parcel)!);
        IReadOnlyList<string> warnings = await CopyAsync(folder.File("in.png"), folder.File("out.jpg"), ImageFormats.Jpeg);
        Assert.Contains(warnings, w => w.Contains("EXIF", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("XMP", StringComparison.Ordinal));
        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out.webp"), ImageFormats.WebP));
    }

    [Fact]
    public void Damaged_exif_data_ends_in_no_exception_and_no_endless_work()
    {
        byte[] good = MakeExif(true);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample(
            (first, one, second, other, length) =>
            {
                byte[] bad = [.. good];
                bad[first] = one;
                bad[second] = other;
                if (ExifBlock.Parse(bad.AsSpan(0, length)) is not { } exif)
                    return;
                ExifBlock.Resolution(exif);
                byte[] updated = ExifBlock.Update(exif, new ExifChanges(5, 6, false, "S", new Resolution(1, 2, true), (3, 4)))!;
                using MemoryStream stream = new();
                ExifBlock.ToTiff(updated, TiffStructure.Create(stream, littleEndian: false));
            },
            iter: 20_000);
    }

    /// <summary>Fields in three directories, a thumbnail in a fourth, and values of all sizes.</summary>
    private static byte[] MakeExif(bool little, int noteBytes = 0)
    {
        using MemoryStream stream = new();
        TiffStructure tiff = TiffStructure.Create(stream, little);
        TiffDirectory Directory(long next, params TiffEntry[] entries) => new([.. entries], next);
        TiffEntry Pointer(ushort tag, TiffDirectory to) => tiff.Long(tag, (int)tiff.Append(to));
        TiffEntry exif = Pointer(TiffTag.ExifDirectory, Directory(
            0,
            tiff.Make(37500, TiffType.Undefined, [.. s_makerNote, .. new byte[noteBytes]]),
            tiff.Ratio(33437, 5.6),
            tiff.Short(34855, 400),
            tiff.Long(TiffTag.PixelXDimension, 4000),
            tiff.Short(TiffTag.PixelYDimension, 3000)));
        TiffEntry gps = Pointer(TiffTag.GpsDirectory, Directory(0, tiff.Make(18, TiffType.Ascii, [.. s_place, 0])));
        TiffEntry make = tiff.Text(271, "TestMaker");
        TiffEntry orientation = tiff.Short(TiffTag.Orientation, 1);
        TiffEntry resolution = tiff.Ratio(TiffTag.XResolution, 240);
        TiffEntry resolutionY = tiff.Ratio(TiffTag.YResolution, 240);
        long first = tiff.Append(Directory(0, make, orientation, resolution, resolutionY, exif, gps));
        long pictureAt = stream.Length;
        stream.Position = pictureAt;
        stream.Write(s_thumbnail);
        long second = tiff.Append(Directory(0, tiff.Long(TiffTag.ThumbnailOffset, (int)pictureAt), tiff.Long(TiffTag.ThumbnailBytes, s_thumbnail.Length)));

        // The first one once more, now that the second's place is known.
        tiff.First = first;
        TiffDirectory read = tiff.Read(first);
        tiff.First = tiff.Append(read with { Next = second });
        return stream.ToArray();
    }

    private static void CheckExif(string path, int width, int height)
    {
        byte[] exif = ExifOf(path);
        using MemoryStream stream = new(exif);
        TiffStructure tiff = TiffStructure.Open(stream);
        TiffDirectory first = tiff.Read(tiff.First);
        Assert.Equal("TestMaker\0"u8.ToArray(), tiff.Value(first.Find(271)!));
        Assert.Equal(240, tiff.Ratio(first.Find(TiffTag.XResolution)));
        Assert.Equal(0, first.Next);
        TiffDirectory detail = tiff.Follow(first.Find(TiffTag.ExifDirectory)!)!;
        Assert.Equal((width, height), ((int)tiff.Number(detail.Find(TiffTag.PixelXDimension)!), (int)tiff.Number(detail.Find(TiffTag.PixelYDimension)!)));
        Assert.Equal(5.6, tiff.Ratio(detail.Find(33437))!.Value, 1e-9);
        Assert.Equal(400u, tiff.Number(detail.Find(34855)!));
        Assert.Equal(s_makerNote, tiff.Value(detail.Find(37500)!));
        Assert.Equal([.. s_place, 0], tiff.Value(tiff.Follow(first.Find(TiffTag.GpsDirectory)!)!.Find(18)!));
    }

    // Read by hand: libvips may neither see nor show all of it.
    private static byte[] ExifOf(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        if (file[0] == 'I')
        {
            using MemoryStream stream = new(file);
            return ExifBlock.FromTiff(TiffStructure.Open(stream))!;
        }

        ReadOnlySpan<byte> name = file[0] == 0xFF ? "Exif\0\0"u8 : file[0] == 0x89 ? "eXIf"u8 : "EXIF"u8;
        int named = file.AsSpan().IndexOf(name);
        (int at, int length) = file[0] switch
        {
            0xFF => (named + 6, BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(named - 2)) - 8),
            0x89 => (named + 4, BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(named - 4))),
            _ => (named + 8, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(named + 4))),
        };
        return file.AsSpan(at, length).ToArray();
    }

    private static byte[] FieldOfTiff(string path, ushort tag)
    {
        using FileStream stream = File.OpenRead(path);
        TiffStructure tiff = TiffStructure.Open(stream);
        return tiff.Value(tiff.Read(tiff.First).Find(tag)!);
    }

    private static byte[] Resource(int id, byte[] data)
    {
        byte[] resource = PhotoshopBlock.FromIptc(data);
        BinaryPrimitives.WriteUInt16BigEndian(resource.AsSpan(4), (ushort)id);
        return resource;
    }

    private static byte[] MakeProfile()
    {
        using NetVips.Image black = NetVips.Image.Black(8, 8, bands: 3);
        using NetVips.Image srgb = black.Copy(interpretation: NetVips.Enums.Interpretation.Srgb);
        using NetVips.Image profiled = srgb.IccTransform("p3", inputProfile: "srgb");
        return (byte[])profiled.Get("icc-profile-data");
    }

    private static bool Contains(ReadOnlySpan<byte> file, ReadOnlySpan<byte> part) => file.IndexOf(part) >= 0;

    /// <summary>A picture of 40 x 30 pixels.</summary>
    private static async Task WriteJpegAsync(string path, MetadataParcel parcel)
    {
        await Picture.Smooth(40, 30, 3, false).WriteAsync(path + ".plain", new EncodeOptions { Format = ImageFormats.Jpeg });
        byte[] file = JpegSegments.Rewrite(File.ReadAllBytes(path + ".plain"), parcel)!;
        if (parcel.Profile is { } profile)
            file = [.. file[..2], 0xFF, 0xE2, (byte)((profile.Length + 16) >> 8), (byte)(profile.Length + 16), .. "ICC_PROFILE\0"u8, 1, 1, .. profile, .. file[2..]];
        File.WriteAllBytes(path, file);
    }

    private static Task<IReadOnlyList<string>> CopyAsync(string from, string to, ImageFormat format) => CopyAsync(from, to, new EncodeOptions { Format = format });

    private static async Task<IReadOnlyList<string>> CopyAsync(string from, string to, EncodeOptions options, int enlarge = 1)
    {
        await using ImageReader reader = ImageReader.Open(from);
        Assert.Empty(reader.Header.Warnings);
        Picture picture = await Picture.ReadAsync(reader);
        Picture larger = Picture.Make(picture.Width * enlarge, picture.Height * enlarge, picture.Channels, picture.HasAlpha, (p, x, y) => picture[p, x / enlarge, y / enlarge]);
        return await larger.WriteAsync(to, options, reader.Metadata);
    }
}
