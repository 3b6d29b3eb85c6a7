using CsCheck;
using Upscale.Testing;

namespace Upscale.Abstractions.Tests;

public sealed class StripWindowTests
{
    [Fact]
    public void Rows_are_the_pictures_whatever_the_strips() => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 20], Gen.Int[1, 30]).Sample((height, strip, window) =>
    {
        Picture picture = Picture.Sample(new ImageShape(7, height, 3));
        Check(picture, strip, window).GetAwaiter().GetResult();
    }, iter: 200);

    [Fact]
    public async Task Memory_is_the_windows_height_not_the_pictures()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(5, 1000, 1));
        await using var window = new StripWindow(picture.Source(10));
        for (int top = 0; top + 20 <= 1000; top += 20)
        {
            await window.MoveAsync(top, top + 20, default);
            Assert.InRange(FloatBuffer.Outstanding - before, 1, 3);
        }
    }

    [Fact]
    public async Task A_row_that_was_let_go_is_an_error()
    {
        await using var window = new StripWindow(Picture.Sample(new ImageShape(5, 100, 1)).Source(10));
        await window.MoveAsync(50, 60, default);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Row(0, 30));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await window.MoveAsync(40, 60, default));
    }

    private static async Task Check(Picture picture, int strip, int height)
    {
        await using var window = new StripWindow(picture.Source(strip));
        for (int top = 0; top < picture.Shape.Height; top++)
        {
            int bottom = Math.Min(top + height, picture.Shape.Height);
            await window.MoveAsync(top, bottom, default);
            for (int y = top; y < bottom; y++)
                Assert.Equal(picture[2, y, 6], window.Row(2, y)[6]);
        }
    }
}
