using NetVips;

namespace Upscale.Imaging.Tests;

public sealed class FormatOptionsTests
{
    [Theory]
    [InlineData("webp", true)]
    [InlineData("png", true)]
    [InlineData("tiff", false)]
    public async Task A_lossless_picture_comes_back_sample_by_sample(string format, bool alpha)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(61, 47, 3, alpha, 8);
        Assert.Empty(await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format), Lossless = true }));
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(folder.File("a"))));
    }

    [Fact]
    public async Task A_lossless_avif_comes_back_sample_by_sample()
    {
        if (!ImageFormats.Avif.CanWrite)
            return;
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(61, 47, 3, false, 8);
        await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.Avif, Lossless = true });
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(folder.File("a"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_avif_of_depth_16_keeps_12_bits_and_that_is_told(bool alpha)
    {
        if (!ImageFormats.Avif.CanWrite)
            return;
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(61, 47, 3, alpha, 12);
        IReadOnlyList<string> warnings = await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.Avif, Lossless = true, Depth = SampleDepth.Sixteen });
        Assert.Contains("12 bits", Assert.Single(warnings), StringComparison.Ordinal);
        await using ImageReader reader = ImageReader.Open(folder.File("a"));
        Assert.Equal(SampleDepth.Sixteen, reader.Header.Depth);
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(reader)));
    }

    [Fact]
    public async Task White_of_a_10_bit_avif_is_1()
    {
        if (!ImageFormats.Avif.CanWrite)
            return;
        using TemporaryFolder folder = new();
        using (Image black = Image.Black(16, 16, bands: 3))
        using (Image white = (black + 65535).Cast(Enums.BandFormat.Ushort).Copy(interpretation: Enums.Interpretation.Rgb16))
            white.Heifsave(folder.File("a"), compression: Enums.ForeignHeifCompression.Av1, bitdepth: 10, lossless: true);
        Assert.All((await Picture.ReadAsync(folder.File("a"))).Values, v => Assert.Equal(1f, v));
    }

    [Fact]
    public async Task A_higher_compression_makes_a_smaller_png()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(300, 300, 3, false);
        foreach (string level in new[] { "0", "1", "9" })
            await picture.WriteAsync(folder.File(level), new EncodeOptions { Format = ImageFormats.Png, Compression = level });
        long[] lengths = [.. new[] { "0", "1", "9" }.Select(l => new FileInfo(folder.File(l)).Length)];
        Assert.True(lengths[0] > lengths[1] && lengths[1] > lengths[2], string.Join(" ", lengths));
    }

    [Theory]
    [InlineData("none", 1)]
    [InlineData("lzw", 5)]
    [InlineData("Deflate", 8)]
    [InlineData("packbits", 32773)]
    public async Task A_tiff_is_packed_as_told(string name, int expected)
    {
        using TemporaryFolder folder = new();
        foreach (SampleDepth depth in Enum.GetValues<SampleDepth>())
        {
            Picture picture = Picture.Noise(41, 33, 3, true, (int)depth == 32 ? 16 : (int)depth);
            await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.Tiff, Compression = name, Depth = depth, Force = true });
            Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(folder.File("a"))));
            Assert.Equal(expected, TagOf(folder.File("a"), 259));
        }
    }

    [Theory]
    [InlineData(ChromaSubsampling.Auto, 95, false)]
    [InlineData(ChromaSubsampling.Auto, 80, true)]
    [InlineData(ChromaSubsampling.On, 95, true)]
    [InlineData(ChromaSubsampling.Off, 80, false)]
    public async Task Chroma_is_subsampled_as_told(ChromaSubsampling mode, int quality, bool subsampled)
    {
        using TemporaryFolder folder = new();
        await Picture.Noise(64, 64, 3, false, 8).WriteAsync(folder.File("a.jpg"), new EncodeOptions { Format = ImageFormats.Jpeg, Quality = quality, Subsampling = mode });
        using Image image = Image.NewFromFile(folder.File("a.jpg"));
        Assert.Equal(subsampled ? "4:2:0" : "4:4:4", image.Get("jpeg-chroma-subsample"));
    }

    [Fact]
    public async Task A_pyramid_has_tiles_and_ever_smaller_pictures_and_is_one_picture_to_a_reader()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(1100, 700, 3, false, 8);
        await picture.WriteAsync(folder.File("a.tif"), new EncodeOptions { Format = ImageFormats.Tiff, Pyramid = true, Software = "Upscale" });
        int[] widths = [.. Enumerable.Range(0, 4).Select(page =>
        {
            using Image level = Image.Tiffload(folder.File("a.tif"), page: page);
            return level.Width;
        })];
        Assert.Equal([1100, 550, 275, 137], widths);
        Assert.Equal(256, TagOf(folder.File("a.tif"), 322));
        await using ImageReader reader = ImageReader.Open(folder.File("a.tif"));
        Assert.Equal(1, reader.Header.Frames);
        Assert.Empty(reader.Header.Warnings);
        Assert.Equal(0, picture.MaxDifference(await Picture.ReadAsync(reader)));
    }

    [Theory]
    [InlineData("jpeg", "lossless", "webp")]
    [InlineData("gif", "lossless", "png")]
    [InlineData("jpeg", "compression=9", "tiff")]
    [InlineData("png", "compression=lzw", "0, 1, 2")]
    [InlineData("png", "compression=10", "0, 1, 2")]
    [InlineData("tiff", "compression=9", "deflate")]
    [InlineData("png", "subsampling", "jpeg")]
    [InlineData("webp", "subsampling", "jpeg")]
    [InlineData("png", "pyramid", "tiff")]
    [InlineData("avif", "lossless subsampling", "one of the two")]
    public async Task What_does_not_go_together_is_refused_before_work_with_what_would(string format, string options, string advice)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        EncodeOptions unfit = new()
        {
            Format = ImageFormats.FromName(format),
            Lossless = options.Contains("lossless", StringComparison.Ordinal),
            Compression = options.StartsWith("compression=", StringComparison.Ordinal) ? options[12..] : null,
            Subsampling = options.Contains("subsampling", StringComparison.Ordinal) ? ChromaSubsampling.On : default,
            Pyramid = options == "pyramid",
        };
        UpscaleException e = Assert.Throws<UpscaleException>(() => ImageWriter.CheckOptions(unfit, new ImageShape(9, 9, 3)));
        Assert.Equal(UpscaleErrorId.OptionInvalid, e.ErrorId);
        Assert.Contains(advice, e.Message, StringComparison.Ordinal);
        using TemporaryFolder folder = new();
        await Assert.ThrowsAsync<UpscaleException>(() => Picture.Smooth(9, 9, 3, false).WriteAsync(folder.File("a"), unfit));
        Assert.Empty(folder.Names);
    }

    // Read by hand from the first directory of a classic TIFF file with the least byte first.
    private static int TagOf(string path, int tag)
    {
        byte[] file = File.ReadAllBytes(path);
        int at = BitConverter.ToInt32(file, 4);
        int entry = Enumerable.Range(0, BitConverter.ToUInt16(file, at)).Select(i => at + 2 + (12 * i)).Single(e => BitConverter.ToUInt16(file, e) == tag);
        return BitConverter.ToUInt16(file, entry + 2) == 3 ? BitConverter.ToUInt16(file, entry + 8) : BitConverter.ToInt32(file, entry + 8);
    }
}
