using CsCheck;
using Upscale.Imaging.Comparison;

namespace Upscale.Imaging.Tests;

public sealed class ComparisonTests
{
    [Fact]
    public async Task Figures_do_not_depend_on_the_heights_of_the_strips()
    {
        Picture a = Picture.Noise(180, 171, 3, false, 8, 1);
        Picture b = Picture.Noise(180, 171, 3, false, 8, 2);
        PictureMetrics expected = await PictureMetrics.MeasureAsync(a.Colours(171), b.Colours(171), default);
        foreach ((int first, int second) in new[] { (1, 1), (1, 64), (13, 32), (33, 5) })
            Assert.Equal(expected, await PictureMetrics.MeasureAsync(a.Colours(first), b.Colours(second), default));
    }

    [Fact]
    public void Similarity_is_that_of_the_plain_formula_at_any_size()
        => Gen.Select(Gen.Int[11, 40], Gen.Int[11, 40], Gen.Int[0, 1000]).Sample(
            (width, height, seed) =>
            {
                Picture a = Picture.Noise(width, height, 1, false, 8, seed);
                Picture b = Picture.Noise(width, height, 1, false, 8, seed + 1);
                double actual = PictureMetrics.MeasureAsync(a.Colours(), b.Colours(), default).GetAwaiter().GetResult().Ssim!.Value;
                Assert.Equal(PlainSsim(a, b), actual, 1e-9);
            },
            iter: 60);

    [Theory]
    [InlineData(10, 50, false, false)]
    [InlineData(50, 10, false, false)]
    [InlineData(11, 11, true, false)]
    [InlineData(160, 161, true, false)]
    [InlineData(161, 161, true, true)]
    [InlineData(1, 1, false, false)]
    public async Task What_a_small_picture_cannot_tell_is_null(int width, int height, bool ssim, bool msSsim)
    {
        Picture picture = Picture.Noise(width, height, 1, false, 8);
        PictureMetrics metrics = await PictureMetrics.MeasureAsync(picture.Colours(), picture.Colours(), default);
        Assert.Equal(new PictureMetrics(double.PositiveInfinity, ssim ? 1 : null, msSsim ? 1 : null, 0), metrics);
    }

    [Fact]
    public async Task A_gray_picture_counts_as_three_equal_channels_beside_a_coloured_one()
    {
        Picture gray = Picture.Noise(30, 20, 1, false, 8, 1);
        Picture colours = Picture.Noise(30, 20, 3, false, 8, 2);
        Picture spread = Picture.Make(30, 20, 3, false, (_, x, y) => gray[0, x, y]);
        PictureMetrics expected = await PictureMetrics.MeasureAsync(spread.Colours(), colours.Colours(), default);
        Assert.Equal(expected, await PictureMetrics.MeasureAsync(gray.Colours(), colours.Colours(), default));
        PictureMetrics grays = await PictureMetrics.MeasureAsync(gray.Colours(), gray.Colours(), default);
        Assert.Equal(grays, await PictureMetrics.MeasureAsync(gray.Colours(), spread.Colours(), default));
    }

    [Fact]
    public async Task Values_outside_the_range_count_as_they_are()
    {
        Picture zero = Picture.Make(12, 12, 3, false, (_, _, _) => 0);
        Picture bright = Picture.Make(12, 12, 3, false, (_, _, _) => 10);
        PictureMetrics metrics = await PictureMetrics.MeasureAsync(zero.Colours(), bright.Colours(), default);
        Assert.Equal(-20, metrics.Psnr, 1e-9);
        Picture dark = Picture.Make(12, 12, 3, false, (c, _, _) => -c);
        Assert.True(double.IsFinite((await PictureMetrics.MeasureAsync(zero.Colours(), dark.Colours(), default)).DeltaE));
    }

    [Fact]
    public async Task Sizes_that_differ_are_refused()
    {
        Picture a = Picture.Smooth(20, 20, 3, false);
        Picture b = Picture.Smooth(20, 21, 3, false);
        await Assert.ThrowsAsync<ArgumentException>(() => PictureMetrics.MeasureAsync(a.Colours(), b.Colours(), default));
    }

    [Fact]
    public async Task A_source_that_fails_is_heard_and_both_are_closed()
    {
        Picture picture = Picture.Smooth(20, 80, 3, false);
        PictureSource good = new(picture, 0, 3, 16);
        PictureSource bad = new(picture, 0, 3, 16) { BeforeStrip = (top, _) => top == 48 ? throw new IOException("gone") : Task.CompletedTask };
        long buffers = FloatBuffer.Outstanding;
        await Assert.ThrowsAsync<IOException>(() => PictureMetrics.MeasureAsync(good, bad, default));
        Assert.Equal((true, true, buffers), (good.Disposed, bad.Disposed, FloatBuffer.Outstanding));
    }

    [Fact]
    public async Task A_cancelled_comparison_ends()
    {
        using CancellationTokenSource stop = new();
        Picture picture = Picture.Smooth(20, 80, 3, false);
        PictureSource cancelling = new(picture, 0, 3, 16) { BeforeStrip = (top, _) => top == 32 ? stop.CancelAsync() : Task.CompletedTask };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PictureMetrics.MeasureAsync(picture.Colours(), cancelling, stop.Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Transparent_files_are_seen_over_white(int channels)
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(23, 37, channels, true, 16);
        await picture.WriteAsync(folder.File("a.png"), new EncodeOptions { Format = ImageFormats.Png, Depth = SampleDepth.Sixteen });
        Picture expected = Picture.Make(23, 37, channels, false, (c, x, y) => (picture[c, x, y] * picture[channels, x, y]) + 1 - picture[channels, x, y]);

        Assert.True(await PictureMetrics.MeasurePsnrAsync(expected.Colours(), new OpaqueSource(ImageReader.Open(folder.File("a.png"))), default) > 130);
    }

    [Fact]
    public async Task Files_of_8_and_16_bits_are_on_one_scale()
    {
        using TemporaryFolder folder = new();
        Picture picture = Picture.Noise(30, 20, 3, false, 8);
        await picture.WriteAsync(folder.File("8.png"));
        await picture.WriteAsync(folder.File("16.png"), new EncodeOptions { Format = ImageFormats.Png, Depth = SampleDepth.Sixteen });
        double psnr = await PictureMetrics.MeasurePsnrAsync(new OpaqueSource(ImageReader.Open(folder.File("8.png"))), new OpaqueSource(ImageReader.Open(folder.File("16.png"))), default);
        Assert.True(psnr > 140, $"{psnr}");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 3)]
    public async Task Side_by_side_are_truth_result_and_difference(int channels, int otherChannels)
    {
        Picture a = Picture.Noise(700, 500, channels, false, 8, 1);
        Picture b = Picture.Noise(700, 500, otherChannels, false, 8, 2);
        using TemporaryFolder folder = new();
        string path = folder.File("both.png");
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.Png }, new SideBySideSource(a.Colours(16), b.Colours(37)), null, ImageMetadata.None, default);
        Picture both = await Picture.ReadAsync(path);
        Picture expected = Picture.Make(2100, 500, Math.Max(channels, otherChannels), false, (c, x, y) =>
        {
            float truth = a[Math.Min(c, channels - 1), x % 700, y];
            float result = b[Math.Min(c, otherChannels - 1), x % 700, y];
            return x < 700 ? truth : x < 1400 ? result : Math.Min(1, 8 * Math.Abs(truth - result));
        });
        Assert.True(expected.MaxDifference(both) < 1e-5);
    }

    /// <summary>The definition, window by window.</summary>
    private static double PlainSsim(Picture a, Picture b)
    {
        double[] weights = [.. Enumerable.Range(-5, 11).Select(i => Math.Exp(-i * i / (2 * 1.5 * 1.5)))];
        double sum = weights.Sum();
        double similarity = 0;
        for (int y = 0; y + 11 <= a.Height; y++)
        {
            for (int x = 0; x + 11 <= a.Width; x++)
            {
                double Mean(Func<float, float, double> value)
                {
                    double mean = 0;
                    for (int i = 0; i < 121; i++)
                        mean += weights[i / 11] * weights[i % 11] / (sum * sum) * value(a[0, x + (i % 11), y + (i / 11)], b[0, x + (i % 11), y + (i / 11)]);
                    return mean;
                }

                double meanA = Mean((p, _) => p);
                double meanB = Mean((_, q) => q);
                double varianceA = Mean((p, _) => (p - meanA) * (p - meanA));
                double varianceB = Mean((_, q) => (q - meanB) * (q - meanB));
                double covariance = Mean((p, q) => (p - meanA) * (q - meanB));
                similarity += ((2 * meanA * meanB) + 1e-4) * ((2 * covariance) + 9e-4) / (((meanA * meanA) + (meanB * meanB) + 1e-4) * (varianceA + varianceB + 9e-4));
            }
        }

        return similarity / ((a.Width - 10) * (a.Height - 10));
    }
}
