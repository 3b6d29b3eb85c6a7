using Upscale.Testing;
using CsCheck;

namespace Upscale.Interpolation.Tests;

public sealed class ResamplingTests
{
    private static readonly string[] s_all = [.. Kernel.All.Select(k => k.Name)];
    private static readonly Gen<(ImageShape Input, int Width, int Height, int Seed)> s_sizes =
        Gen.Select(
            Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.OneOf(1, 3), (w, h, c) => new ImageShape(w, h, c)),
            Gen.Int[1, 90],
            Gen.Int[1, 90],
            Gen.Int[0, 1000]);

    [Fact]
    public void Every_pixel_agrees_with_the_definition_in_double_precision()
    {
        Gen.Select(s_sizes, Gen.OneOf(DoubleReference.Kernels.ToArray())).Sample(
            (size, kernel) =>
            {
                Picture input = Picture.Random(size.Input, size.Seed);
                Picture output = Resize.Run(input, kernel, size.Width, size.Height);
                double[][] across = [.. Enumerable.Range(0, size.Width).Select(x => DoubleReference.Weights(kernel, size.Input.Width, size.Width, x))];
                for (int y = 0; y < size.Height; y++)
                {
                    double[] down = DoubleReference.Weights(kernel, size.Input.Height, size.Height, y);
                    for (int x = 0; x < size.Width; x++)
                        Assert.Equal(DoubleReference.Pixel(input, across[x], down, 0), output[0, y, x], 1e-5);
                }
            },
            iter: 60,
            threads: 1);
    }

    [Theory]
    [InlineData("lanczos3", 700, 300, 2800, 1200, false)]
    [InlineData("mitchell", 900, 2000, 130, 333, true)]
    [InlineData("lanczos2", 1500, 90, 200, 1100, false)]
    [InlineData("bicubic", 40, 1500, 3100, 90, true)]
    [InlineData("bilinear", 3, 2, 5000, 600, false)]
    [InlineData("lanczos3", 300, 30000, 40, 20, false)]
    public void Large_pictures_agree_with_the_definition_in_either_order_of_passes(string kernel, int inWidth, int inHeight, int width, int height, bool verticalFirst)
    {
        Picture input = Picture.Random(new ImageShape(inWidth, inHeight, 3), 5);
        ResamplePlan plan = new(input.Shape, new ImageShape(width, height, 3), Kernel.Named(kernel));
        Assert.Equal(verticalFirst, plan.VerticalFirst);
        Assert.True(plan.Strips > 1);
        Picture output = Resize.Run(input, kernel, width, height, stripRows: 13);
        Random random = new(6);
        for (int i = 0; i < 2000; i++)
        {
            int x = i < 4 ? (i % 2) * (width - 1) : random.Next(width);
            int y = i < 4 ? (i / 2) * (height - 1) : random.Next(height);
            double[] across = DoubleReference.Weights(kernel, inWidth, width, x);
            double[] down = DoubleReference.Weights(kernel, inHeight, height, y);
            Assert.Equal(DoubleReference.Pixel(input, across, down, i % 3), output[i % 3, y, x], 1e-5);
        }
    }

    [Fact]
    public void Weights_add_up_to_one_and_stay_inside_the_picture()
    {
        Gen.Select(Gen.OneOf(s_all), Gen.Int[1, 300], Gen.Int[1, 300]).Sample(
            (kernel, inputs, outputs) =>
            {
                WeightTable table = WeightTable.Create(Kernel.Named(kernel), inputs, outputs);
                Assert.Equal(outputs, table.Outputs);
                for (int i = 0; i < outputs; i++)
                {
                    Assert.InRange(table.First[i], i == 0 ? 0 : table.First[i - 1], inputs - table.Taps);
                    double sum = 0;
                    foreach (float weight in table.Weights.Slice(i * table.Taps, table.Taps))
                        sum += weight;
                    Assert.Equal(1, sum, 1e-6);
                }
            });
    }

    [Fact]
    public void One_colour_stays_one_colour()
    {
        Gen.Select(s_sizes, Gen.OneOf(s_all), Gen.Float[-2, 2]).Sample(
            (size, kernel, value) =>
            {
                Picture output = Resize.Run(Picture.Make(size.Input, (_, _, _) => value), kernel, size.Width, size.Height);
                Assert.All(output.Data, p => Assert.Equal(value, p, 4e-6));
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void Turning_the_picture_round_turns_the_result_round()
    {
        Gen.Select(s_sizes, Gen.OneOf(DoubleReference.Kernels.ToArray())).Sample(
            (size, kernel) =>
            {
                (int width, int height, _) = size.Input;
                Picture input = Picture.Random(size.Input, size.Seed);
                Picture turned = Picture.Make(size.Input, (c, y, x) => input[c, height - 1 - y, width - 1 - x]);
                Picture a = Resize.Run(input, kernel, size.Width, size.Height);
                Picture b = Resize.Run(turned, kernel, size.Width, size.Height);
                for (int y = 0; y < size.Height; y++)
                {
                    for (int x = 0; x < size.Width; x++)
                        Assert.Equal(a[0, y, x], b[0, size.Height - 1 - y, size.Width - 1 - x], 1e-5);
                }
            },
            iter: 60,
            threads: 1);
    }

    [Theory]
    [InlineData("nearest", 2)]
    [InlineData("nearest", 5)]
    [InlineData("box", 2)]
    [InlineData("box", 5)]
    public void Nearest_and_box_repeat_pixels_at_a_whole_factor(string kernel, int factor)
    {
        Picture input = Picture.Random(new ImageShape(37, 19, 3), 1);
        Picture output = Resize.Run(input, kernel, 37 * factor, 19 * factor);
        Assert.Equal(Picture.Make(output.Shape, (c, y, x) => input[c, y / factor, x / factor]).Data, output.Data);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Box_is_the_mean_of_the_area_when_reducing(int factor)
    {
        Picture input = Picture.Random(new ImageShape(9 * factor, 5 * factor, 1), 2);
        Picture output = Resize.Run(input, "box", 9, 5);
        for (int y = 0; y < 5; y++)
        {
            for (int x = 0; x < 9; x++)
            {
                double sum = 0;
                for (int i = 0; i < factor * factor; i++)
                    sum += input[0, (y * factor) + (i / factor), (x * factor) + (i % factor)];
                Assert.Equal(sum / (factor * factor), output[0, y, x], 1e-6);
            }
        }
    }

    [Fact]
    public void Nearest_takes_the_pixel_under_the_centre_when_reducing()
    {
        Picture input = Picture.Random(new ImageShape(1000, 3000, 1), 3);
        Picture output = Resize.Run(input, "nearest", 10, 7);
        Assert.Equal(Picture.Make(output.Shape, (_, y, x) => input[0, ((2 * y) + 1) * 3000 / 14, ((2 * x) + 1) * 1000 / 20]).Data, output.Data);
    }

    [Fact]
    public void The_same_size_changes_no_bit_whatever_the_kernel()
    {
        Picture input = Picture.Random(new ImageShape(50, 30, 3), 4);
        Assert.All(s_all, kernel => Assert.Equal(input.Data, Resize.Run(input, kernel, 50, 30).Data));
    }

    [Theory]
    [InlineData("bicubic", 1700, 190)]
    [InlineData("lanczos3", 2600, 400)]
    [InlineData("lanczos3", 131, 21)]
    [InlineData("nearest", 77, 33)]
    public async Task Results_are_the_same_to_the_bit_for_any_strips_and_any_number_of_threads(string kernel, int width, int height)
    {
        Picture input = Picture.Random(new ImageShape(611, 97, 3), 7);
        Picture expected = await Resize.WithThreadsAsync(input, Kernel.Named(kernel), width, height, threads: 1, stripRows: 97);
        foreach ((int threads, int rows) in ((int, int)[])[(2, 1), (5, 16), (16, 40)])
            Assert.Equal(expected.Data, (await Resize.WithThreadsAsync(input, Kernel.Named(kernel), width, height, threads, rows)).Data);
    }

    [Fact]
    public void A_value_that_is_no_number_spreads_no_further_than_the_kernel()
    {
        Picture input = Picture.Make(new ImageShape(64, 64, 1), (_, y, x) => y == 32 && x == 32 ? float.NaN : 0.5f);
        Picture output = Resize.Run(input, "lanczos3", 128, 128);
        for (int y = 0; y < 128; y++)
        {
            for (int x = 0; x < 128; x++)
            {
                if (Math.Abs(y - 65) > 8 || Math.Abs(x - 65) > 8)
                    Assert.Equal(0.5f, output[0, y, x], 1e-6f);
            }
        }
    }
}
