using Upscale.Testing;

namespace Upscale.Abstractions.Tests;

public sealed class StripTeeTests
{
    [Fact]
    public async Task Both_readers_get_the_whole_picture_though_the_source_is_read_once()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(9, 50, 3));
        ArraySource source = picture.Source(7);
        var tee = new StripTee(source);
        Picture[] read = await Task.WhenAll(Picture.ReadAsync(tee.First), Picture.ReadAsync(tee.Second));
        Assert.All(read, p => Assert.Equal(0, picture.Difference(p)));
        Assert.Equal(50, source.RowsRead);
        Assert.True(source.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_reader_that_goes_early_leaves_the_other_alone()
    {
        long before = FloatBuffer.Outstanding;
        Picture picture = Picture.Sample(new ImageShape(9, 50, 3));
        ArraySource source = picture.Source(7);
        var tee = new StripTee(source);
        (await tee.First.ReadAsync(default))!.Dispose();
        await tee.First.DisposeAsync();
        Assert.False(source.Disposed);
        Assert.Equal(0, picture.Difference(await Picture.ReadAsync(tee.Second)));
        Assert.True(source.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }
}
