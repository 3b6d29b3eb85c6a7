using NetVips;

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

    private static Image Load(string path)
    {
        ImageReader.Open(path).DisposeAsync().AsTask().Wait();
        return Image.NewFromFile(path);
    }

    private static async Task<IReadOnlyList<string>> CopyAsync(string from, string to, ImageFormat format)
    {
        await using ImageReader reader = ImageReader.Open(from);
        return await ImageWriter.WriteAsync(to, new EncodeOptions { Format = format }, reader.Colours, reader.Alpha, reader.Metadata, CancellationToken.None);
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
            m.Set(GValue.BlobType, "xmp-data", "<x:xmpmeta/>"u8.ToArray());
        });
        image.WriteToFile(path);
        return profile;
    }
}
