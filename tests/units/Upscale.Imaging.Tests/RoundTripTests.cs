namespace Upscale.Imaging.Tests;

public sealed class RoundTripTests
{
    public static TheoryData<string, int, bool, SampleDepth> Lossless()
    {
        TheoryData<string, int, bool, SampleDepth> data = [];
        foreach (string format in new[] { "png", "tiff" })
        {
            foreach (int channels in new[] { 1, 3 })
            {
                foreach (bool alpha in new[] { false, true })
                {
                    data.Add(format, channels, alpha, SampleDepth.Eight);
                    data.Add(format, channels, alpha, SampleDepth.Sixteen);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Lossless))]
    public async Task A_lossless_format_gives_back_every_sample(string format, int channels, bool alpha, SampleDepth depth)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(37, 301, channels, alpha, (int)depth);
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
    [InlineData("jpeg", SampleDepth.Eight)]
    [InlineData("webp", SampleDepth.Eight)]
    [InlineData("png", SampleDepth.Sixteen)]
    public async Task Depth_16_is_kept_where_the_format_holds_it_and_lowered_with_a_warning_elsewhere(string format, SampleDepth depth)
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string> warnings = await Picture.Smooth(20, 20, 3, false).WriteAsync(folder.File("a"), new EncodeOptions { Format = ImageFormats.FromName(format), Depth = SampleDepth.Sixteen });
        await using ImageReader reader = ImageReader.Open(folder.File("a"));
        Assert.Equal(depth, reader.Header.Depth);
        Assert.Equal(depth == SampleDepth.Eight, warnings.Any(w => w.Contains("8 bits", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public async Task Float_samples_come_back_as_they_were_also_outside_0_to_1(int channels, bool alpha)
    {
        using TemporaryFolder folder = new();
        Random random = new(5);
        Picture picture = Picture.Make(37, 301, channels, alpha, (p, _, _) => p == channels ? 0.9f * random.NextSingle() : (random.NextSingle() * 40) - 20);
        Assert.Empty(await picture.WriteAsync(folder.File("a.tif"), new EncodeOptions { Format = ImageFormats.Tiff, Depth = SampleDepth.Float }));
        await using ImageReader reader = ImageReader.Open(folder.File("a.tif"));
        Assert.Equal((SampleDepth.Float, channels, alpha), (reader.Header.Depth, reader.Header.Channels, reader.Header.HasAlpha));
        Assert.Empty(reader.Header.Warnings);
        Assert.Equal(picture.Values, (await Picture.ReadAsync(reader)).Values);
    }

    [Fact]
    public async Task Float_samples_are_cleaned_of_what_is_no_number_and_alpha_stays_within_0_and_1()
    {
        using TemporaryFolder folder = new();
        float[] odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 7, -3, 0.999_995f];
        await Picture.Make(6, 1, 1, true, (_, x, _) => odd[x]).WriteAsync(folder.File("a.tif"), new EncodeOptions { Format = ImageFormats.Tiff, Depth = SampleDepth.Float });
        Picture back = await Picture.ReadAsync(folder.File("a.tif"));
        Assert.Equal([0, 1, 0, 7, -3, 0.999_995f, 0, 1, 0, 1, 0, 1], back.Values);
    }

    [Fact]
    public async Task Float_samples_become_16_bits_with_a_warning_where_the_format_holds_no_more()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string> warnings = await Picture.Smooth(20, 20, 3, false).WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png, Depth = SampleDepth.Float });
        Assert.Contains("16 bits", Assert.Single(warnings), StringComparison.Ordinal);
        await using ImageReader reader = ImageReader.Open(folder.File("a.png"));
        Assert.Equal(SampleDepth.Sixteen, reader.Header.Depth);
    }

    [Fact]
    public async Task A_slow_gradient_dithered_to_8_bits_shows_no_steps()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(2048, 64, 3, false, (_, x, _) => (100 + (x / 2048f * 4)) / 255);
        await picture.WriteAsync(folder.File("plain.png"));
        await picture.WriteAsync(folder.File("dithered.png"), new EncodeOptions { Format = ImageFormats.Png, Dither = true });
        Assert.True(LargestMeanError(await Picture.ReadAsync(folder.File("plain.png"))) > 0.45f / 255);
        Assert.True(LargestMeanError(await Picture.ReadAsync(folder.File("dithered.png"))) < 0.05f / 255);

        // Means of blocks, so small that a step would stand out and large enough for the pattern to even out.
        float LargestMeanError(Picture back)
        {
            const int Block = 32;
            float largest = 0;
            for (int left = 0; left < 2048; left += Block)
            {
                float sum = 0;
                for (int i = 0; i < Block * Block; i++)
                {
                    (int x, int y) = (left + (i % Block), i / Block);
                    Assert.InRange(Math.Abs(back[0, x, y] - picture[0, x, y]), 0, 1f / 255);
                    Assert.Equal(back[0, x, y], back[1, x, y]);
                    Assert.Equal(back[0, x, y], back[2, x, y]);
                    sum += back[0, x, y] - picture[0, x, y];
                }

                largest = Math.Max(largest, Math.Abs(sum) / (Block * Block));
            }

            return largest;
        }
    }

    [Fact]
    public async Task What_8_bits_hold_exactly_is_not_dithered()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Make(256, 200, 3, true, (_, x, _) => x / 255f);
        await picture.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png, Dither = true });
        Assert.Equal(picture.Values, (await Picture.ReadAsync(folder.File("a.png"))).Values);
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
