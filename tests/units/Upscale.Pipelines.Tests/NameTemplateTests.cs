namespace Upscale.Pipelines.Tests;

public sealed class NameTemplateTests
{
    [Theory]
    [InlineData("{name}_{scale}x", "cat_4x")]
    [InlineData("{Name}-{width}x{height}", "cat-400x200")]
    [InlineData("{name}.{ext}.{model}", "cat.png.net")]
    [InlineData("{stage}", "gan+interpolation")]
    [InlineData("{name}{name}", "catcat")]
    public void Tokens_are_replaced(string template, string expected)
    {
        NameTemplate.Check(template);
        Assert.Equal(expected, NameTemplate.Expand(template, "/pictures/cat.png", new ImageShape(400, 200, 3), 4, ["net", "net"], ["gan", "interpolation"]));
    }

    [Fact]
    public void A_fractional_scale_is_short()
        => Assert.Equal("cat_2.67x", NameTemplate.Expand("{name}_{scale}x", "cat.png", new ImageShape(8, 8, 3), 8.0 / 3, [], []));

    [Theory]
    [InlineData("")]
    [InlineData("a/{name}")]
    [InlineData("..\\{name}")]
    [InlineData("{nmae}")]
    public void A_template_that_makes_no_name_is_refused(string template)
        => Assert.Equal(UpscaleErrorId.OptionInvalid, Assert.Throws<UpscaleException>(() => NameTemplate.Check(template)).ErrorId);
}
