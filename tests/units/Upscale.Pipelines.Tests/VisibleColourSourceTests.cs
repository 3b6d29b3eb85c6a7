using CsCheck;
using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class VisibleColourSourceTests
{
    [Fact]
    public async Task An_opaque_picture_passes_unchanged()
    {
        Picture picture = Picture.Random(new ImageShape(70, 150, 3), 1);
        Picture alpha = Picture.Make(new ImageShape(70, 150, 1), (_, _, x) => x == 0 ? 1 / 255f : 1);
        Assert.Equal(picture.Data, (await FillAsync(picture, alpha)).Data);
    }

    [Fact]
    public async Task A_picture_of_which_nothing_is_seen_is_gray_whatever_it_hides()
    {
        Picture alpha = Picture.Make(new ImageShape(5, 100, 1), (_, _, _) => 0);
        Picture filled = await FillAsync(Picture.Random(new ImageShape(5, 100, 3), 1), alpha);
        Assert.All(filled.Data, v => Assert.Equal(0.5f, v));
    }

    [Fact]
    public async Task Every_hidden_pixel_takes_a_colour_of_about_the_nearest_visible_one()
    {
        // Colours tell the column and row that they come from; hidden ones are 9.
        ImageShape shape = new(50, 60, 3);
        var random = new Random(3);
        Picture alpha = Picture.Make(shape with { Channels = 1 }, (_, _, _) => random.Next(100) == 0 ? 1 : 0);
        Picture picture = Picture.Make(shape, (c, y, x) => alpha[0, y, x] == 0 ? 9 : c == 0 ? x : c == 1 ? y : 0);
        Picture filled = await FillAsync(picture, alpha);
        for (int y = 0; y < shape.Height; y++)
        {
            for (int x = 0; x < shape.Width; x++)
            {
                (int fromX, int fromY) = ((int)filled[0, y, x], (int)filled[1, y, x]);
                Assert.Equal(1, alpha[0, fromY, fromX]);
                Assert.Equal(0, filled[2, y, x]);
                // A chamfer errs by at most 8 %; what lies more than 32 rows below is not seen.
                double nearest = (from v in Enumerable.Range(0, 60) from u in Enumerable.Range(0, 50) where v <= y + 32 && alpha[0, v, u] == 1 select Math.Sqrt(((u - x) * (u - x)) + ((v - y) * (v - y)))).Min();
                Assert.InRange(Math.Sqrt(((fromX - x) * (fromX - x)) + ((fromY - y) * (fromY - y))), nearest, nearest * 1.09);
            }
        }
    }

    [Fact]
    public void What_is_hidden_never_counts_and_what_is_seen_is_never_changed()
        => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 110], Gen.Int[0, 1000], Gen.Int[1, 50], Gen.Int[1, 50]).Sample(
            (width, height, seed, rows, alphaRows) =>
            {
                ImageShape shape = new(width, height, 1);
                var random = new Random(seed);
                Picture alpha = Picture.Make(shape, (_, y, x) => random.Next(8) == 0 ? random.NextSingle() : 0);
                Picture one = Picture.Random(shape, seed);
                Picture other = Picture.Make(shape, (_, y, x) => alpha[0, y, x] > 0.5f / 255 ? one[0, y, x] : 100 * random.NextSingle());
                Picture filled = FillAsync(one, alpha, rows, alphaRows).Result;
                Assert.Equal(filled.Data, FillAsync(other, alpha, 7, 3).Result.Data);
                for (int i = 0; i < filled.Data.Length; i++)
                    Assert.True(alpha.Data[i] <= 0.5f / 255 || filled.Data[i] == one.Data[i]);
            },
            iter: 200);

    [Fact]
    public async Task Memory_is_given_back_when_nobody_reads_to_the_end()
    {
        long before = FloatBuffer.Outstanding;
        ImageShape shape = new(20, 400, 3);
        await using (var source = new VisibleColourSource(Picture.Random(shape, 1).Source(9), Picture.Random(shape with { Channels = 1 }, 2).Source(5)))
            (await source.ReadAsync(default))!.Dispose();
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    private static Task<Picture> FillAsync(Picture picture, Picture alpha, int rows = 16, int alphaRows = 11)
        => Picture.ReadAsync(new VisibleColourSource(picture.Source(rows), alpha.Source(alphaRows)));
}
