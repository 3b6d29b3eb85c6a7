using Upscale.Pipelines.Running;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class GuardedSourceTests
{
    private readonly Picture _picture = Picture.Sample(new ImageShape(10, 50, 3));

    [Theory]
    [InlineData(10, 60, 3)]
    [InlineData(12, 50, 3)]
    [InlineData(10, 50, 1)]
    [InlineData(10, 40, 3)]
    public async Task A_stage_that_gives_another_size_than_it_promised_is_named(int width, int height, int channels)
    {
        var source = new GuardedSource(_picture.Source(25), "demo", new ImageShape(width, height, channels));
        var error = await Assert.ThrowsAsync<UpscaleException>(() => Picture.ReadAsync(source));
        Assert.Equal(UpscaleErrorId.StageFailed, error.ErrorId);
        Assert.Contains("'demo'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_stage_throws_names_the_stage_and_an_expected_error_stays_as_it_is()
    {
        var error = await Assert.ThrowsAsync<UpscaleException>(() => Read(new InvalidOperationException("oops")));
        Assert.Contains("'demo'", error.Message, StringComparison.Ordinal);
        Assert.Contains("oops", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<UpscaleException>(() => Read(new UpscaleException(UpscaleErrorId.ImageCorrupt, "cut off")));
        Assert.Equal(UpscaleErrorId.ImageCorrupt, error.ErrorId);

        Task<Picture> Read(Exception fault) => Picture.ReadAsync(new GuardedSource(new ArraySource(_picture, [5]) { Fault = (20, fault) }, "demo", _picture.Shape));
    }
}
