using CsCheck;

namespace Upscale.Kernels.Tests;

public sealed class MapKernelTests
{
    private static readonly Gen<(int Seed, int Height, int Width, int Channels, int Factor, int Gap, int Threads)> s_cases =
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 20], Gen.Int[1, 4], Gen.Int[0, 3], Gen.Int[1, 3]);

    [Fact]
    public void Planes_go_in_and_come_out_as_they_were() => s_cases.Sample(c =>
    {
        float[] planes = Numbers(c.Seed, c.Height * c.Width * c.Channels), back = new float[planes.Length];
        using Block map = new(c.Height, c.Width, c.Channels, c.Gap);
        using KernelTeam team = new(c.Threads);
        MapKernels.FromPlanes(planes, map.Map, team);
        Assert.Equal(planes, map.ToPlanes());
        MapKernels.ToPlanes(map.Map, back, team);
        Assert.Equal(planes, back);
        Assert.True(map.IsIntactAround());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pixel_shuffle_puts_channels_where_the_operator_says_and_is_undone(bool channelsFirst) => s_cases.Sample(c =>
    {
        int r = c.Factor;
        using Block input = Filled(c.Seed, c.Height, c.Width, c.Channels * r * r, c.Gap), output = new(c.Height * r, c.Width * r, c.Channels, c.Gap), back = new(c.Height, c.Width, c.Channels * r * r, c.Gap);
        using KernelTeam team = new(c.Threads);
        MapKernels.PixelShuffle(input.Map, output.Map, r, channelsFirst, team);
        Compare(output, 0, (y, x, k) => input[y / r, x / r, channelsFirst ? (k * r * r) + (y % r * r) + (x % r) : ((((y % r) * r) + (x % r)) * c.Channels) + k]);
        MapKernels.PixelUnshuffle(output.Map, back.Map, r, channelsFirst, team);
        Assert.Equal(input.ToPlanes(), back.ToPlanes());
    });

    [Fact]
    public void Nearest_repeats_pixels() => s_cases.Sample(c =>
    {
        using Block input = Filled(c.Seed, c.Height, c.Width, c.Channels, c.Gap), output = new(c.Height * c.Factor, c.Width * 2, c.Channels, c.Gap);
        using KernelTeam team = new(c.Threads);
        MapKernels.ResizeNearest(input.Map, output.Map, team);
        Compare(output, 0, (y, x, k) => input[y / c.Factor, x / 2, k]);
    });

    [Fact]
    public void Bilinear_weighs_the_four_nearest_pixel_centres() => s_cases.Sample(c =>
    {
        using Block input = Filled(c.Seed, c.Height, c.Width, c.Channels, c.Gap), output = new(c.Height * c.Factor, (c.Width * 3) - 1, c.Channels, c.Gap);
        using KernelTeam team = new(c.Threads);
        MapKernels.ResizeBilinear(input.Map, output.Map, team);
        double scaleY = (double)c.Height / output.Map.Height, scaleX = (double)c.Width / output.Map.Width;
        Compare(output, 2e-5, (y, x, k) =>
        {
            double sum = 0, v = Math.Clamp(((y + 0.5) * scaleY) - 0.5, 0, c.Height - 1), u = Math.Clamp(((x + 0.5) * scaleX) - 0.5, 0, c.Width - 1);
            for (int j = 0; j < c.Height; j++)
            {
                for (int i = 0; i < c.Width; i++)
                    sum += Math.Max(0, 1 - Math.Abs(j - v)) * Math.Max(0, 1 - Math.Abs(i - u)) * input[j, i, k];
            }

            return sum;
        });
    });

    [Fact]
    public void A_border_holds_what_the_padding_says() => Gen.Select(s_cases, Gen.Enum<Padding>(), Gen.Int[-3, 8]).Sample((c, padding, top) =>
    {
        int left = 8 - top;
        using Block input = Filled(c.Seed, c.Height, c.Width, c.Channels, c.Gap), output = new(c.Height + 9, c.Width + 9, c.Channels, c.Gap);
        using KernelTeam team = new(c.Threads);
        MapKernels.Pad(input.Map, output.Map, top, left, padding, team);
        Compare(output, 0, (y, x, k) =>
        {
            int row = Reference.Position(y - top, c.Height, padding), column = Reference.Position(x - left, c.Width, padding);
            return row < 0 || column < 0 ? 0 : input[row, column, k];
        });
    });

    [Fact]
    public void Maps_are_joined_number_by_number() => Gen.Select(s_cases, Gen.Enum<Arithmetic>(), Gen.Int[0, 2]).Sample((c, arithmetic, kind) =>
    {
        using Block a = Filled(c.Seed, c.Height, c.Width, c.Channels, c.Gap), output = new(c.Height, c.Width, c.Channels, c.Gap);
        using Block b = kind switch { 0 => Filled(c.Seed + 1, c.Height, c.Width, c.Channels, c.Gap), 1 => Filled(c.Seed + 1, 1, 1, c.Channels, 0), _ => Filled(c.Seed + 1, c.Height, c.Width, 1, c.Gap) };
        using KernelTeam team = new(c.Threads);
        MapKernels.Join(arithmetic, a.Map, b.Map, output.Map, team);
        Compare(output, 1e-6, (y, x, k) =>
        {
            double left = a[y, x, k], right = kind switch { 0 => b[y, x, k], 1 => b[0, 0, k], _ => b[y, x, 0] };
            return arithmetic switch { Arithmetic.Add => left + right, Arithmetic.Subtract => left - right, Arithmetic.Multiply => left * right, _ => left / right };
        });
    });

    [Fact]
    public void Numbers_are_scaled_activated_squashed_and_averaged() => s_cases.Sample(c =>
    {
        using Block input = Filled(c.Seed, c.Height, c.Width, c.Channels, c.Gap), output = new(c.Height, c.Width, c.Channels, c.Gap), mean = new(1, 1, c.Channels, 0);
        using KernelTeam team = new(c.Threads);
        MapKernels.Scale(input.Map, 0.5f, 3, output.Map, team);
        Compare(output, 1e-6, (y, x, k) => (input[y, x, k] * 0.5) + 3);
        float[] slopes = Numbers(c.Seed, c.Channels);
        MapKernels.Activate(input.Map, 1, slopes, output.Map, team);
        Compare(output, 1e-6, (y, x, k) => input[y, x, k] < 0 ? input[y, x, k] * slopes[k] : input[y, x, k]);
        MapKernels.Activate(input.Map, 1, [0.1f], output.Map, team);
        Compare(output, 1e-6, (y, x, k) => input[y, x, k] < 0 ? input[y, x, k] * 0.1f : input[y, x, k]);
        MapKernels.Sigmoid(input.Map, output.Map, team);
        Compare(output, 1e-6, (y, x, k) => 1 / (1 + Math.Exp(-input[y, x, k])));
        MapKernels.GlobalAverage(input.Map, mean.Map, team);
        float[] planes = input.ToPlanes();
        Compare(mean, 1e-6, (_, _, k) => planes.Skip(k * c.Height * c.Width).Take(c.Height * c.Width).Average(v => (double)v));
    });

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2)];
    }

    private static Block Filled(int seed, int height, int width, int channels, int gap)
    {
        var random = new Random(seed);
        return new Block(height, width, channels, gap, () => (random.NextSingle() * 4) - 2);
    }

    private static void Compare(Block actual, double tolerance, Func<int, int, int, double> expected)
    {
        Assert.True(actual.IsIntactAround());
        for (int y = 0; y < actual.Map.Height; y++)
        {
            for (int x = 0; x < actual.Map.Width; x++)
            {
                for (int k = 0; k < actual.Map.Channels; k++)
                {
                    double value = expected(y, x, k);
                    Assert.InRange(actual[y, x, k], value - (tolerance * Math.Max(1, Math.Abs(value))), value + (tolerance * Math.Max(1, Math.Abs(value))));
                }
            }
        }
    }
}
