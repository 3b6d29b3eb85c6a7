namespace Upscale.Imaging.Tests;

public sealed class TruncatedTests
{
    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    public async Task What_is_there_is_taken_when_told_and_the_damage_is_named(string format)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(200, 900, 3, false);
        await picture.WriteAsync(folder.File("whole"), new EncodeOptions { Format = ImageFormats.FromName(format) });
        Cut(folder, 0.6);
        long before = FloatBuffer.Outstanding;
        Assert.Equal(UpscaleErrorId.ImageCorrupt, (await Assert.ThrowsAsync<UpscaleException>(() => Picture.ReadAsync(folder.File("cut")))).ErrorId);

        await using (ImageReader reader = ImageReader.Open(folder.File("cut"), new ReadOptions { AllowTruncated = true }))
        {
            Picture back = await Picture.ReadAsync(reader);
            Assert.Contains("damaged", reader.Damage, StringComparison.Ordinal);
            Assert.Contains(" of 900 ", reader.Damage, StringComparison.Ordinal);
            for (int x = 0; x < 200; x++)
            {
                for (int y = 0; y < 300; y++)
                    Assert.Equal(picture[0, x, y], back[0, x, y], 0.03f);
            }
        }

        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData("png")]
    [InlineData("tiff")]
    [InlineData("jpeg")]
    [InlineData("webp")]
    public async Task A_whole_file_is_read_as_ever_and_nothing_is_told(string format)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(50, 70, 3, false);
        await picture.WriteAsync(folder.File("whole"), new EncodeOptions { Format = ImageFormats.FromName(format) });
        await using ImageReader reader = ImageReader.Open(folder.File("whole"), new ReadOptions { AllowTruncated = true });
        Picture back = await Picture.ReadAsync(reader);
        Assert.Null(reader.Damage);
        Assert.Equal((await Picture.ReadAsync(folder.File("whole"))).Values, back.Values);
    }

    [Theory]
    [InlineData("webp")]
    [InlineData("tiff")]
    public async Task A_file_of_which_nothing_can_be_shown_is_refused_all_the_same(string format)
    {
        // The directory of a TIFF file stands at its end.
        using TemporaryFolder folder = new();
        await Picture.Smooth(50, 70, 3, false).WriteAsync(folder.File("whole"), new EncodeOptions { Format = ImageFormats.FromName(format) });
        Cut(folder, 0.6);
        Assert.Equal(UpscaleErrorId.ImageCorrupt, Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File("cut"), new ReadOptions { AllowTruncated = true })).ErrorId);
    }

    [Fact]
    public async Task A_picture_on_its_side_is_turned_with_what_is_there()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(200, 900, 3, false);
        await picture.WriteAsync(folder.File("upright"), new EncodeOptions { Format = ImageFormats.Png });
        using (NetVips.Image image = NetVips.Image.NewFromFile(folder.File("upright")))
        using (NetVips.Image turned = image.Mutate(m => m.Set(NetVips.GValue.GIntType, "orientation", 6)))
            turned.Pngsave(folder.File("whole"));
        Cut(folder, 0.6);
        await using ImageReader reader = ImageReader.Open(folder.File("cut"), new ReadOptions { AllowTruncated = true });
        Picture back = await Picture.ReadAsync(reader);
        Assert.NotNull(reader.Damage);
        Assert.Equal((900, 200), (back.Width, back.Height));
        Assert.Equal(picture[0, 60, 100], back[0, 799, 60], 0.01f);
    }

    private static void Cut(TemporaryFolder folder, double share)
    {
        byte[] whole = File.ReadAllBytes(folder.File("whole"));
        File.WriteAllBytes(folder.File("cut"), whole[..(int)(whole.Length * share)]);
    }
}
