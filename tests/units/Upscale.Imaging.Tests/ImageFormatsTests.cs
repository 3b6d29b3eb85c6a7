namespace Upscale.Imaging.Tests;

public sealed class ImageFormatsTests
{
    [Theory]
    [InlineData("a.png", "png")]
    [InlineData("a.b.JPG", "jpeg")]
    [InlineData("folder.x/a.jpeg", "jpeg")]
    [InlineData("a.TIF", "tiff")]
    [InlineData("a.webp", "webp")]
    [InlineData("a.gif", "gif")]
    public void The_extension_names_the_format(string path, string name) => Assert.Equal(name, ImageFormats.FromPath(path).Name);

    [Theory]
    [InlineData("jpg")]
    [InlineData("JPEG")]
    [InlineData(".jpe")]
    public void A_format_is_found_by_name_or_extension(string name) => Assert.Same(ImageFormats.Jpeg, ImageFormats.FromName(name));

    [Theory]
    [InlineData("a.xyz", ".xyz")]
    [InlineData("noextension", "noextension")]
    [InlineData("a.bmp", ".bmp")]
    public void A_file_name_of_an_unknown_format_is_refused_with_a_list(string path, string named)
    {
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageFormats.FromPath(path));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains("png, jpeg", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_format_name_is_refused_with_a_list()
    {
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageFormats.FromName("pcx"));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Contains("'pcx'", e.Message, StringComparison.Ordinal);
        Assert.Contains("png, jpeg", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jpeg", 65_500, true)]
    [InlineData("jpeg", 65_501, false)]
    [InlineData("webp", 16_383, true)]
    [InlineData("webp", 16_384, false)]
    [InlineData("gif", 65_536, false)]
    [InlineData("avif", 16_385, false)]
    [InlineData("png", 1_000_001, true)]
    public void Limits_are_checked_for_width_and_height(string name, int size, bool fits)
    {
        ImageFormat format = ImageFormats.All.Single(f => f.Name == name);
        foreach (ImageShape shape in new[] { new ImageShape(size, 1, 3), new ImageShape(1, size, 3) })
        {
            if (fits)
            {
                format.Check(shape);
                continue;
            }

            UpscaleException e = Assert.Throws<UpscaleException>(() => format.Check(shape));
            Assert.Equal(UpscaleErrorId.ImageTooLarge, e.ErrorId);
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("jpeg", 65_500)]
    [InlineData("webp", 16_383)]
    [InlineData("png", 1_000_001)]
    public async Task What_the_check_lets_pass_can_be_written(string name, int width)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(width, 1, 1, false, (_, x, _) => x & 1);
        ImageFormat format = ImageFormats.FromName(name);
        await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = format });
        await using ImageReader reader = ImageReader.Open(folder.File("a"));
        Assert.Equal((width, 1, format), (reader.Header.Width, reader.Header.Height, reader.Header.Format));
    }
}
