namespace Upscale.Abstractions.Tests;

public sealed class TargetSizeTests
{
    private static readonly ImageShape s_input = new(300, 200, 3);

    [Theory]
    [InlineData(2.0, null, null, 600, 400)]
    [InlineData(0.001, null, null, 1, 1)]
    [InlineData(0.025, null, null, 8, 5)]
    [InlineData(null, 1234, null, 1234, 823)]
    [InlineData(null, null, 10, 15, 10)]
    [InlineData(null, 7, 9, 7, 9)]
    [InlineData(null, 1, null, 1, 1)]
    [InlineData(3.7, null, null, 1110, 740)]
    public void Sizes_follow_the_rule(double? scale, int? width, int? height, int expectedWidth, int expectedHeight)
        => Assert.Equal(new ImageShape(expectedWidth, expectedHeight, 3), TargetSize.Resolve(s_input, scale, width, height));

    [Fact]
    public void Nothing_asked_is_no_size() => Assert.Null(TargetSize.Resolve(s_input, null, null, null));

    [Theory]
    [InlineData(null, 20_000_000, null)]
    [InlineData(2.0, 100, null)]
    [InlineData(0.0, null, null)]
    [InlineData(-1.0, null, null)]
    [InlineData(double.NaN, null, null)]
    [InlineData(null, 0, null)]
    [InlineData(null, null, -5)]
    public void What_makes_no_sense_is_refused(double? scale, int? width, int? height)
        => Assert.Equal(UpscaleErrorId.OptionInvalid, Assert.Throws<UpscaleException>(() => TargetSize.Resolve(s_input, scale, width, height)).ErrorId);

    [Fact]
    public void A_size_beyond_any_format_is_refused_not_wrapped_around()
        => Assert.Equal(UpscaleErrorId.ImageTooLarge, Assert.Throws<UpscaleException>(() => TargetSize.Resolve(s_input, 1e9, null, null)).ErrorId);
}
