using NetVips;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging.Tests;

public sealed class MetadataTests
{
    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("tiff")]
    [InlineData("avif")]
    public async Task The_colour_profile_is_carried_over_byte_for_byte(string format)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        using TemporaryFolder folder = new();
        byte[] profile = WriteSource(folder.File("in.jpg"), 3);
        IReadOnlyList<string> warnings = await CopyAsync(folder.File("in.jpg"), folder.File("out"), ImageFormats.FromName(format));
        Assert.DoesNotContain(warnings, w => w.Contains("profile", StringComparison.Ordinal));
        using Image image = Load(folder.File("out"));
        Assert.Equal(profile, (byte[])image.Get("icc-profile-data"));
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    public async Task Exif_and_xmp_are_carried_over(string format)
    {
        using TemporaryFolder folder = new();
        WriteSource(folder.File("in.jpg"), 3);
        Assert.Empty(await CopyAsync(folder.File("in.jpg"), folder.File("out"), ImageFormats.FromName(format)));
        using Image image = Load(folder.File("out"));
        Assert.StartsWith("TestMaker", (string)image.Get("exif-ifd0-Make"), StringComparison.Ordinal);
        Assert.Equal("<x:xmpmeta/>"u8.ToArray(), (byte[])image.Get("xmp-data"));
    }

    [Theory]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("avif")]
    public async Task Resolution_goes_through_any_format_to_a_png(string format)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        using TemporaryFolder folder = new();
        WriteSource(folder.File("in.jpg"), 3);
        await CopyAsync(folder.File("in.jpg"), folder.File("between"), ImageFormats.FromName(format));
        await CopyAsync(folder.File("between"), folder.File("out"), ImageFormats.Png);
        using Image image = Load(folder.File("out"));
        Assert.Equal(300 / 25.4, image.Xres, 0.01);
        Assert.Equal(150 / 25.4, image.Yres, 0.01);
    }

    [Fact]
    public async Task What_a_format_cannot_hold_is_told()
    {
        using TemporaryFolder folder = new();
        WriteSource(folder.File("in.jpg"), 3);
        IReadOnlyList<string> warnings = await CopyAsync(folder.File("in.jpg"), folder.File("out"), ImageFormats.Gif);
        Assert.Contains(warnings, w => w.Contains("colour profile, EXIF, XMP, resolution", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_profile_for_another_number_of_channels_is_dropped_with_a_warning()
    {
        using TemporaryFolder folder = new();
        WriteSource(folder.File("in.jpg"), 3);
        await using ImageReader reader = ImageReader.Open(folder.File("in.jpg"));
        Picture gray = Picture.Smooth(20, 20, 1, false);
        IReadOnlyList<string> warnings = await gray.WriteAsync(folder.File("out.png"), metadata: reader.Metadata);
        Assert.Contains(warnings, w => w.Contains("profile", StringComparison.Ordinal));
        using Image image = Load(folder.File("out.png"));
        Assert.False(image.Contains("icc-profile-data"));
        Assert.Equal(1, image.Bands);
    }

    [Fact]
    public async Task Texts_of_a_png_are_kept_in_a_png_and_told_elsewhere()
    {
        using TemporaryFolder folder = new();
        using (Image black = Image.Black(8, 8))
        using (Image image = black.Mutate(m => m.Set(GValue.RefStrType, "png-comment-0-parameters", "seed 7")))
            image.WriteToFile(folder.File("in.png"));
        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out.png"), ImageFormats.Png));
        using (Image image = Load(folder.File("out.png")))
            Assert.Equal("seed 7", image.Get("png-comment-0-parameters"));
        Assert.Contains(await CopyAsync(folder.File("in.png"), folder.File("out.jpg"), ImageFormats.Jpeg), w => w.Contains("texts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_thumbnail_that_lies_on_its_side_is_dropped()
    {
        using TemporaryFolder folder = new();
        using (Image black = Image.Black(64, 32))
        {
            byte[] thumbnail = black.JpegsaveBuffer();
            using Image image = black.Mutate(m =>
            {
                m.Set(GValue.GIntType, "orientation", 6);
                m.Set(GValue.BlobType, "jpeg-thumbnail-data", thumbnail);
            });
            image.WriteToFile(folder.File("in.jpg"));
        }

        using (Image image = Load(folder.File("in.jpg")))
            Assert.NotEmpty((byte[])image.Get("jpeg-thumbnail-data"));
        await CopyAsync(folder.File("in.jpg"), folder.File("out.jpg"), ImageFormats.Jpeg);
        using (Image image = Load(folder.File("out.jpg")))
        {
            Assert.Equal(1, image.Get("orientation"));
            Assert.False(image.Contains("jpeg-thumbnail-data") && image.Get("jpeg-thumbnail-data") is byte[] { Length: > 0 });
        }
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("avif")]
    public async Task The_Software_tag_takes_the_place_of_the_old_one_and_the_rest_is_kept(string format)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        using TemporaryFolder folder = new();
        byte[] profile = WriteSource(folder.File("in.jpg"), 3);
        Assert.Empty(await CopyAsync(folder.File("in.jpg"), folder.File("out"), ImageFormats.FromName(format), "Upscale 0.1.0; gan:model=a (b),scale=2; seed 7"));
        using Image image = Load(folder.File("out"));
        Assert.StartsWith("Upscale 0.1.0; gan:model=a (b),scale=2; seed 7 (", (string)image.Get("exif-ifd0-Software"), StringComparison.Ordinal);
        Assert.StartsWith("TestMaker", (string)image.Get("exif-ifd0-Make"), StringComparison.Ordinal);
        Assert.Equal(profile, (byte[])image.Get("icc-profile-data"));
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    [InlineData("avif")]
    public async Task A_picture_without_metadata_gets_the_Software_tag_too(string format)
    {
        ImageFormat written = ImageFormats.All.Single(f => f.Name == format);
        if (!written.CanWrite)
            return;
        using TemporaryFolder folder = new();
        await Picture.Smooth(20, 10, 1, false).WriteAsync(folder.File("out"), new EncodeOptions { Format = written, Software = "Upscale; seed 7" });
        using Image image = Load(folder.File("out"));
        Assert.StartsWith("Upscale; seed 7 (", (string)image.Get("exif-ifd0-Software"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_png_has_one_text_Software_beside_its_other_texts()
    {
        using TemporaryFolder folder = new();
        using (Image black = Image.Black(8, 8))
        using (Image image = black.Mutate(m =>
        {
            m.Set(GValue.RefStrType, "png-comment-0-Software", "Old");
            m.Set(GValue.RefStrType, "png-comment-1-parameters", "steps 4");
            m.Set(GValue.RefStrType, "png-comment-2-parameters", "steps 5");
        }))
        {
            image.WriteToFile(folder.File("in.png"));
        }

        Assert.Empty(await CopyAsync(folder.File("in.png"), folder.File("out.png"), ImageFormats.Png, "Upscale; seed 7"));
        using Image written = Load(folder.File("out.png"));
        Assert.Equal(
            ["Software: Upscale; seed 7", "parameters: steps 4", "parameters: steps 5"],
            written.GetFields().Where(f => f.StartsWith("png-comment-", StringComparison.Ordinal)).Select(f => $"{f.Split('-', 4)[3]}: {written.Get(f)}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Upscale; seed 7")]
    [InlineData("abc")]
    public async Task A_tiff_gets_the_Software_tag_and_keeps_everything_else(string software)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(37, 23, 3, true, 8);
        string path = folder.File("out.tif");
        byte[] profile = WriteSource(folder.File("in.jpg"), 3);
        await using (ImageReader reader = ImageReader.Open(folder.File("in.jpg")))
            await picture.WriteAsync(path, new EncodeOptions { Format = ImageFormats.Tiff, Software = software }, reader.Metadata);

        Assert.Equal(software, SoftwareOfTiff(path));
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(path)));
        using Image image = Load(path);
        Assert.Equal(300 / 25.4, image.Xres, 0.01);
        Assert.Equal(profile, (byte[])image.Get("icc-profile-data"));
        Assert.Equal("<x:xmpmeta/>"u8.ToArray(), (byte[])image.Get("xmp-data"));
    }

    [Theory]
    [InlineData("Upscale; seed 7")]
    [InlineData("abcdefg")]
    public async Task A_BigTIFF_gets_the_Software_tag_in_place_of_the_old_one(string software)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("out.tif");
        await File.WriteAllBytesAsync(path, [.. TiffHeader.Write(new ImageShape(2, 2, 1), false, SampleDepth.Eight, 2), 10, 20, 30, 40]);
        TiffFields.Write(path, new MetadataParcel { Software = "another one" });
        TiffFields.Write(path, new MetadataParcel { Software = software });

        Assert.Equal(software, SoftwareOfTiff(path));
        Assert.Equal([10, 20, 30, 40], (await Picture.ReadAsync(path)).Values.Select(v => (int)MathF.Round(v * 255)));
    }

    [Fact]
    public async Task A_gif_goes_without_and_says_nothing_of_it()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(20, 10, 3, false);
        IReadOnlyList<string> without = await picture.WriteAsync(folder.File("a.gif"));
        IReadOnlyList<string> with = await picture.WriteAsync(folder.File("b.gif"), new EncodeOptions { Format = ImageFormats.Gif, Software = "Upscale; seed 7" });
        Assert.Equal(without, with);
        Assert.Equal(File.ReadAllBytes(folder.File("a.gif")), File.ReadAllBytes(folder.File("b.gif")));
    }

    /// <summary>Read by hand: libvips does not show this tag. The directory must be in order.</summary>
    private static string SoftwareOfTiff(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        bool big = file[2] == 43;
        int at = big ? (int)BitConverter.ToInt64(file, 8) : BitConverter.ToInt32(file, 4);
        int count = big ? (int)BitConverter.ToInt64(file, at) : BitConverter.ToUInt16(file, at);
        int bytes = big ? 20 : 12;
        ushort[] tags = [.. Enumerable.Range(0, count).Select(i => BitConverter.ToUInt16(file, at + (big ? 8 : 2) + (i * bytes)))];
        Assert.Equal(tags.Distinct().Order(), tags);
        int entry = at + (big ? 8 : 2) + (Array.IndexOf(tags, (ushort)305) * bytes);
        int length = BitConverter.ToInt32(file, entry + 4);
        int value = entry + (big ? 12 : 8);
        if (length > (big ? 8 : 4))
            value = BitConverter.ToInt32(file, value);
        Assert.Equal(0, file[value + length - 1]);
        return System.Text.Encoding.ASCII.GetString(file, value, length - 1);
    }

    private static Image Load(string path)
    {
        ImageReader.Open(path).DisposeAsync().AsTask().Wait();
        return Image.NewFromFile(path);
    }

    private static async Task<IReadOnlyList<string>> CopyAsync(string from, string to, ImageFormat format, string? software = null)
    {
        await using ImageReader reader = ImageReader.Open(from);
        return await ImageWriter.WriteAsync(to, new EncodeOptions { Format = format, Software = software }, reader.Colours, reader.Alpha, reader.Metadata, CancellationToken.None);
    }

    private static byte[] WriteSource(string path, int bands)
    {
        using Image black = Image.Black(40, 30, bands: bands);
        using Image srgb = black.Copy(interpretation: Enums.Interpretation.Srgb, xres: 300 / 25.4, yres: 150 / 25.4);
        using Image profiled = srgb.IccTransform("p3", inputProfile: "srgb");
        byte[] profile = (byte[])profiled.Get("icc-profile-data");
        using Image image = profiled.Mutate(m =>
        {
            m.Set(GValue.RefStrType, "exif-ifd0-Make", "TestMaker");
            m.Set(GValue.RefStrType, "exif-ifd0-Software", "OldEditor");
            m.Set(GValue.BlobType, "xmp-data", "<x:xmpmeta/>"u8.ToArray());
        });
        image.WriteToFile(path);
        return profile;
    }
}
