using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class PrefetchSourceTests
{
    private readonly Picture _picture = Picture.Sample(new ImageShape(10, 500, 3));

    [Fact]
    public async Task The_picture_comes_through_unchanged()
    {
        long before = FloatBuffer.Outstanding;
        Assert.Equal(0, _picture.Difference(await Picture.ReadAsync(new PrefetchSource(_picture.Source(3), 2000))));
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task What_waits_is_bounded()
    {
        ArraySource source = _picture.Source(10);
        await using var prefetch = new PrefetchSource(source, 10 * 10 * 3 * 4 * 3);
        (await prefetch.ReadAsync(default))!.Dispose();
        await Task.Delay(200);
        Assert.InRange(source.RowsRead, 20, 50);
    }

    [Fact]
    public async Task A_failure_reaches_the_reader_after_the_rows_before_it()
    {
        ArraySource source = new(_picture, [10]) { Fault = (40, new IOException("gone")) };
        await using var prefetch = new PrefetchSource(source, 1 << 20);
        for (int i = 0; i < 4; i++)
            (await prefetch.ReadAsync(default))!.Dispose();
        await Assert.ThrowsAsync<IOException>(async () => await prefetch.ReadAsync(default));
    }

    [Fact]
    public async Task Disposing_half_way_ends_the_worker_and_frees_what_waited()
    {
        long before = FloatBuffer.Outstanding;
        ArraySource source = _picture.Source(10);
        var prefetch = new PrefetchSource(source, 10_000);
        (await prefetch.ReadAsync(default))!.Dispose();
        await prefetch.DisposeAsync();
        Assert.True(source.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }
}
