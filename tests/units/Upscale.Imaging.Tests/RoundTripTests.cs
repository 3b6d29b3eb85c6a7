namespace Upscale.Imaging.Tests;

public sealed class RoundTripTests
{
    public static TheoryData<string, int, bool, int> Lossless()
    {
        TheoryData<string, int, bool, int> data = [];
        foreach (string format in new[] { "png", "tiff" })
        {
            foreach (int channels in new[] { 1, 3 })
            {
                foreach (bool alpha in new[] { false, true })
                {
                    data.Add(format, channels, alpha, 8);
                    data.Add(format, channels, alpha, 16);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Lossless))]
    public async Task A_lossless_format_gives_back_every_sample(string format, int channels, bool alpha, int depth)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(37, 301, channels, alpha, depth);
        string path = folder.File("a");
        IReadOnlyList<string> warnings = await picture.WriteAsync(path, new EncodeOptions { Format = ImageFormats.FromName(format), Depth = depth });
        Assert.Empty(warnings);
        await using ImageReader reader = ImageReader.Open(path);
        Assert.Equal((format, depth, channels, alpha, 1), (reader.Header.Format.Name, reader.Header.Depth, reader.Header.Channels, reader.Header.HasAlpha, reader.Header.Frames));
        Assert.Empty(reader.Header.Warnings);
        Assert.Equal(picture.Values, (await Picture.ReadAsync(reader)).Values);
    }

    [Theory]
    [InlineData("jpeg", 1, false)]
    [InlineData("jpeg", 3, false)]
    [InlineData("webp", 3, false)]
    [InlineData("webp", 3, true)]
    [InlineData("avif", 3, false)]
    [InlineData("avif", 3, true)]
    public async Task A_lossy_format_gives_back_a_smooth_picture_nearly(string format, int channels, bool alpha)
    {
        if (!ImageFormats.All.Single(f => f.Name == format).CanWrite)
            return;
        using TemporaryFolder folder = new();
        Picture picture = Picture.Smooth(90, 67, channels, alpha);
        await picture.WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format), Quality = 98 });
        Picture back = await Picture.ReadAsync(folder.File("a"));
        Assert.InRange(picture.MaxDifference(back), 0, 6f / 255);
    }

    [Fact]
    public async Task A_gif_gives_back_few_colours_exactly()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(40, 30, 3, true, (p, x, y) => p == 3 ? (x < 20 ? 1 : 0) : x < 20 && (x + y) % 2 == p % 2 ? 1 : 0);
        IReadOnlyList<string> warnings = await picture.WriteAsync(folder.File("a.gif"));
        Assert.Contains(warnings, w => w.Contains("256", StringComparison.Ordinal));
        Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File("a.gif"))).Values);
    }

    [Fact]
    public async Task Values_outside_0_to_1_are_clipped()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(33, 3, 3, false, (p, x, _) => p switch { 0 => -x, 1 => 1 + x, _ => float.NaN });
        await picture.WriteAsync(folder.File("a.png"));
        Picture back = await Picture.ReadAsync(folder.File("a.png"));
        Assert.Equal(Picture.Make(33, 3, 3, false, (p, _, _) => p == 1 ? 1 : 0).Values, back.Values);
    }

    [Theory]
    [InlineData("jpeg", 8)]
    [InlineData("webp", 8)]
    [InlineData("png", 16)]
    public async Task Depth_16_is_kept_where_the_format_holds_it_and_lowered_with_a_warning_elsewhere(string format, int depth)
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string> warnings = await Picture.Smooth(20, 20, 3, false).WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format), Depth = 16 });
        await using ImageReader reader = ImageReader.Open(folder.File("a"));
        Assert.Equal(depth, reader.Header.Depth);
        Assert.Equal(depth == 8, warnings.Any(w => w.Contains("8 bits", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Alpha_is_put_over_white_where_the_format_has_none(int channels)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(64, 64, channels, true, (p, x, _) => p == channels ? (x < 32 ? 0 : 0.5f) : 0.2f);
        IReadOnlyList<string> warnings = await picture.WriteAsync(folder.File("a.jpg"));
        Assert.Contains(warnings, w => w.Contains("white", StringComparison.Ordinal));
        Picture back = await Picture.ReadAsync(folder.File("a.jpg"));
        Assert.False(back.HasAlpha);
        Assert.Equal(channels, back.Channels);
        Assert.Equal(1f, back[0, 4, 30], 0.02f);
        Assert.Equal(0.6f, back[0, 60, 30], 0.02f);
    }

    [Fact]
    public async Task An_opaque_picture_loses_its_alpha_without_a_warning()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(16, 16, 3, true, (p, _, _) => p == 3 ? 1 : 0.5f);
        Assert.Empty(await picture.WriteAsync(folder.File("a.jpg")));
    }

    [Fact]
    public async Task Wide_rows_and_single_pixels_pass()
    {
        using TemporaryFolder folder = new();
        foreach ((int width, int height) in new[] { (1, 1), (400_000, 3), (3, 20_000) })
        {
            Picture picture = Picture.Noise(width, height, 3, true, 8);
            await picture.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png, Force = true });
            Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File("a.png"))).Values);
        }
    }
}
