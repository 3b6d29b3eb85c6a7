using CsCheck;
using Upscale.Testing;

namespace Upscale.Finishing.Tests;

public sealed class GrainTests
{
    private static readonly Gen<(ImageShape Shape, int Seed, double Size, bool Colour)> s_samples = Gen.Select(
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.OneOf(1, 3), (w, h, c) => new ImageShape(w, h, c)), Gen.Int[0, 1000], Gen.Double[1, 20], Gen.Bool);

    [Fact]
    public void Every_pixel_agrees_with_the_definition_in_double_precision()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                Picture result = RunAsync(input, [3, 8], s.Seed, 0.1, s.Size, s.Colour).Result;
                var random = new Random(s.Seed);
                for (int i = 0; i < 5; i++)
                {
                    (int c, int y, int x) = (random.Next(s.Shape.Channels), random.Next(s.Shape.Height), random.Next(s.Shape.Width));
                    double luminance = s.Shape.Channels == 1 ? input[0, y, x] : (0.299 * input[0, y, x]) + (0.587 * input[1, y, x]) + (0.114 * input[2, y, x]);
                    double expected = input[c, y, x] + (0.1 * 4 * luminance * (1 - luminance) * Grain(s.Seed, s.Colour ? c : 0, s.Size, x, y));
                    Assert.Equal(expected, result[c, y, x], 3e-6);
                }
            },
            iter: 30,
            threads: 1);

    [Fact]
    public void Strips_do_not_change_a_picture()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                Picture whole = RunAsync(input, [s.Shape.Height], s.Seed, 0.1, s.Size, s.Colour).Result;
                Assert.Equal(0, whole.Difference(RunAsync(input, [1 + (s.Seed % 7), 3], s.Seed, 0.1, s.Size, s.Colour).Result));
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void The_grain_of_a_part_is_that_of_the_whole()
        => s_samples.Sample(
            s =>
            {
                Picture input = Picture.Random(s.Shape, s.Seed);
                Picture whole = RunAsync(input, [7], s.Seed, 0.1, s.Size, s.Colour).Result;
                ImageShape part = s.Shape with { Width = (s.Shape.Width + 1) / 2, Height = (s.Shape.Height + 1) / 2 };
                Picture corner = RunAsync(Picture.Make(part, (c, y, x) => input[c, y, x]), [7], s.Seed, 0.1, s.Size, s.Colour).Result;
                Assert.InRange(Picture.Make(part, (c, y, x) => whole[c, y, x]).Difference(corner), 0, 1e-6f);
            },
            iter: 40,
            threads: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(6)]
    public async Task The_deviation_is_the_amount_in_midtones_and_grains_have_the_size(double size)
    {
        const double Amount = 0.04;
        Picture gray = Picture.Make(new ImageShape(700, 500, 1), (_, _, _) => 0.5f);
        Picture result = await RunAsync(gray, [64], 9, Amount, size, false);
        float[] grain = Array.ConvertAll(result.Data, v => v - 0.5f);
        double variance = grain.Average(v => (double)v * v);
        Assert.Equal(Amount, Math.Sqrt(variance), 0.04 * Amount);
        Assert.Equal(0, grain.Average(v => (double)v), 0.1 * Amount);

        // Half of a grain's size away the autocorrelation has fallen to a half; of that which whole pixels tell, the neighbours on both sides.
        if (size < 2)
            return;
        int half = (int)(size / 2);
        double sum = 0;
        int count = 0;
        for (int y = 0; y < 500; y++)
        {
            for (int x = half; x < 700; x++, count++)
                sum += grain[(y * 700) + x] * (double)grain[(y * 700) + x - half];
        }

        Assert.Equal(0.5, sum / count / variance, 0.05);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(-0.2f)]
    [InlineData(1.3f)]
    public async Task Black_and_white_stay_clean(float value)
    {
        Picture flat = Picture.Make(new ImageShape(30, 20, 1), (_, _, _) => value);
        Assert.Equal(0, flat.Difference(await RunAsync(flat, [7], 1, 0.5, 1.5, false)));
    }

    [Fact]
    public async Task Mono_grain_does_not_tint_and_colour_grain_does()
    {
        Picture gray = Picture.Make(new ImageShape(60, 40, 3), (_, y, x) => (x + y) / 100f);
        Picture mono = await RunAsync(gray, [7], 3, 0.1, 1.5, false);
        Assert.Equal(0, Picture.Make(gray.Shape, (_, y, x) => mono[1, y, x]).Difference(mono));
        Assert.True(mono.Difference(gray) > 0.05f);
        Picture colour = await RunAsync(gray, [7], 3, 0.1, 1.5, true);
        Assert.True(Picture.Make(gray.Shape, (_, y, x) => colour[1, y, x]).Difference(colour) > 0.05f);
    }

    [Fact]
    public async Task Amount_0_is_the_picture_and_another_seed_is_another_grain()
    {
        Picture input = Picture.Sample(new ImageShape(60, 40, 3));
        Assert.Equal(0, input.Difference(await RunAsync(input, [7], 3, 0, 1.5, false)));
        Assert.True((await RunAsync(input, [7], 3, 0.1, 1.5, false)).Difference(await RunAsync(input, [7], 4, 0.1, 1.5, false)) > 0.05f);
    }

    /// <summary>One number of the field by its definition: white noise under a Gaussian whose autocorrelation is <paramref name="size"/> wide at half its height.</summary>
    private static double Grain(long seed, int channel, double size, int x, int y)
    {
        double deviation = size / (4 * Math.Sqrt(Math.Log(2)));
        int radius = (int)((4 * deviation) + 0.5);
        var row = new float[(2 * radius) + 1];
        (double sum, double power) = (0, 0);
        for (int dy = -radius; dy <= radius; dy++)
        {
            new Noise(seed).Fill(0x6772_6169, channel, x - radius, y + dy, row);
            for (int dx = -radius; dx <= radius; dx++)
            {
                double weight = Math.Exp(-((dx * dx) + (dy * dy)) / (2 * deviation * deviation));
                sum += weight * row[dx + radius];
                power += weight * weight;
            }
        }

        return sum / Math.Sqrt(power);
    }

    private static async Task<Picture> RunAsync(Picture input, int[] stripRows, long seed, double amount, double size, bool colour)
        => (await StageRunner.RunAsync(new GrainStageFactory(), input, stripRows, seed, ("amount", amount), ("size", size), ("color", colour))).Result;
}
