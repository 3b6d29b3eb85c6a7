using Upscale.Testing;

namespace Upscale.Imaging.Tests;

public sealed class ImageReaderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_file_that_is_not_there_is_told()
    {
        using TemporaryFolder folder = new();
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File("missing.png")));
        Assert.Equal(UpscaleErrorId.FileNotFound, e.ErrorId);
        Assert.Contains(folder.File("missing.png"), e.Message, StringComparison.Ordinal);
        e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.Path));
        Assert.Equal(UpscaleErrorId.FileOpenFailed, e.ErrorId);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("hello\n", "text file")]
    [InlineData("<!DOCTYPE html><html></html>", "HTML")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "SVG")]
    [InlineData("%PDF-1.7\n", "PDF")]
    [InlineData("P5\n2 1\n255\nab", "no picture|text file")]
    [InlineData("BM is a text that begins like a picture", "text")]
    public async Task Other_content_is_refused_and_named_whatever_the_extension(string content, string named)
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder.File("a.jpg"), content);
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File("a.jpg")));
        Assert.Equal(UpscaleErrorId.FormatNotSupported, e.ErrorId);
        Assert.Contains(folder.File("a.jpg"), e.Message, StringComparison.Ordinal);
        Assert.Contains(named.Split('|'), n => e.Message.Contains(n, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pixel_limits_refuse_from_the_header()
    {
        using TemporaryFolder folder = new();
        await Picture.Smooth(100, 50, 3, false).WriteAsync(folder.File("a.png"));
        await Picture.Smooth(100, 50, 3, false).WriteAsync(folder.File("a.webp"));
        await using (ImageReader.Open(folder.File("a.png"), new ReadOptions { MaxPixels = 5000, MaxPixelsInMemory = 1 }))
        {
        }

        foreach ((string name, ReadOptions options) in new[] { ("a.png", new ReadOptions { MaxPixels = 4999 }), ("a.webp", new ReadOptions { MaxPixelsInMemory = 4999 }) })
        {
            UpscaleException e = Assert.Throws<UpscaleException>(() => ImageReader.Open(folder.File(name), options));
            Assert.Equal(UpscaleErrorId.ImageTooLarge, e.ErrorId);
            Assert.Contains(folder.File(name), e.Message, StringComparison.Ordinal);
            Assert.Contains("4999", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    [InlineData("tiff")]
    [InlineData("webp")]
    public async Task A_half_read_picture_is_let_go(string format)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(700, 8000, 3, format is "png" or "webp", 8);
        await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format) });
        long before = FloatBuffer.Outstanding;
        ImageReader reader = ImageReader.Open(folder.File("a"));
        (await reader.Colours.ReadAsync(default))!.Dispose();
        await reader.DisposeAsync().AsTask().WaitAsync(s_patience);
        await reader.DisposeAsync();
        Assert.Equal(before, FloatBuffer.Outstanding);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await reader.Colours.ReadAsync(default));
    }

    [Fact]
    public async Task A_reader_that_only_looked_at_the_header_is_let_go()
    {
        using TemporaryFolder folder = new();
        await Picture.Smooth(100, 50, 3, false).WriteAsync(folder.File("a.png"));
        long before = FloatBuffer.Outstanding;
        await ImageReader.Open(folder.File("a.png")).DisposeAsync();
        Assert.Equal(before, FloatBuffer.Outstanding);
        File.Delete(folder.File("a.png"));
    }

    [Fact]
    public async Task A_tall_picture_is_held_a_few_strips_at_a_time()
    {
        using TemporaryFolder folder = new();
        await Picture.Smooth(800, 9000, 3, true).WriteAsync(folder.File("a.png"));
        long before = FloatBuffer.Outstanding;
        long peak = 0;
        int strips = 0;
        await using ImageReader reader = ImageReader.Open(folder.File("a.png"));
        while (true)
        {
            using Strip? colours = await reader.Colours.ReadAsync(default);
            using Strip? alpha = await reader.Alpha!.ReadAsync(default);
            if (colours is null)
                break;
            // Time for a decoder that would run ahead without a bound.
            await Task.Delay(5);
            peak = Math.Max(peak, FloatBuffer.Outstanding - before);
            strips++;
        }

        Assert.InRange(strips, 40, 9000 / 16);
        // Of each source: the strip in hand, two that wait, one in the making.
        Assert.InRange(peak, 2, 8);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_source_may_be_read_first(bool alphaFirst)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(600, 2000, 1, true, 8);
        await picture.WriteAsync(folder.File("a.png"));
        await using ImageReader reader = ImageReader.Open(folder.File("a.png"));
        IStripSource first = alphaFirst ? reader.Alpha! : reader.Colours;
        IStripSource second = alphaFirst ? reader.Colours : reader.Alpha!;
        Assert.Equal(Plane(picture, alphaFirst ? 1 : 0), await ReadPlaneAsync(first));
        Assert.Equal(Plane(picture, alphaFirst ? 0 : 1), await ReadPlaneAsync(second));
    }

    [Fact]
    public async Task An_alpha_source_that_is_closed_holds_nothing()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(800, 6000, 1, true, 8);
        await picture.WriteAsync(folder.File("a.png"));
        long before = FloatBuffer.Outstanding;
        long peak = 0;
        await using ImageReader reader = ImageReader.Open(folder.File("a.png"));
        await reader.Alpha!.DisposeAsync();
        while (await reader.Colours.ReadAsync(default) is { } strip)
        {
            peak = Math.Max(peak, FloatBuffer.Outstanding - before);
            strip.Dispose();
        }

        Assert.InRange(peak, 1, 4);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData("icc_corrupt.png", "colour profile is damaged")]
    [InlineData("cmyk.jpg", "CMYK")]
    public async Task What_is_not_kept_is_told(string file, string warning)
    {
        await using ImageReader reader = ImageReader.Open(Path.Combine(TestData.ReferenceFolders("badfiles").First(), file));
        Assert.Contains(reader.Header.Warnings, w => w.Contains(warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Waiting_for_a_strip_can_be_cancelled()
    {
        using TemporaryFolder folder = new();
        await Picture.Smooth(100, 50, 3, false).WriteAsync(folder.File("a.png"));
        await using ImageReader reader = ImageReader.Open(folder.File("a.png"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.Colours.ReadAsync(new CancellationToken(canceled: true)));
    }

    private static float[] Plane(Picture picture, int plane) => picture.Values.AsSpan(plane * picture.Width * picture.Height, picture.Width * picture.Height).ToArray();

    private static async Task<float[]> ReadPlaneAsync(IStripSource source)
    {
        List<float> values = [];
        while (await source.ReadAsync(default) is { } strip)
        {
            values.AddRange(strip.Plane(0));
            strip.Dispose();
        }

        return [.. values];
    }
}
