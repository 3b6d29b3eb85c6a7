using Upscale.Imaging;

namespace Upscale.Pipelines.Tests;

public sealed class NameTemplateTests
{
    private static readonly NameValues s_values = new()
    {
        Source = Path.Combine(Path.GetPathRoot(Environment.CurrentDirectory)!, "pictures", "cat.png"),
        Output = new ImageShape(400, 200, 3),
        Scale = 4,
        Models = ["net", "net"],
        Stages = ["gan", "interpolation"],
        Index = 7,
        Date = new DateTimeOffset(2026, 1, 31, 14, 5, 0, TimeSpan.FromHours(2)),
    };

    [Theory]
    [InlineData("{name}_{scale}x", "cat_4x.png")]
    [InlineData("{Name}-{width}x{height}", "cat-400x200.png")]
    [InlineData("{name}.{ext}.{model}", "cat.png.net.png")]
    [InlineData("{stage}", "gan+interpolation.png")]
    [InlineData("{name}{name}", "catcat.png")]
    [InlineData("{dir}-{index}", "pictures-7.png")]
    [InlineData("{index:0000}", "0007.png")]
    [InlineData("{scale:0.0}", "4.0.png")]
    [InlineData("{date}", "2026-01-31.png")]
    [InlineData("{date:yyyyMMdd-HHmm}", "20260131-1405.png")]
    public void Tokens_are_replaced(string template, string expected)
    {
        NameTemplate.Check(template);
        Assert.Equal(expected, NameTemplate.Expand(template, s_values, ImageFormats.Png));
    }

    [Fact]
    public void A_fractional_scale_is_short()
        => Assert.Equal("cat_2.67x.png", NameTemplate.Expand("{name}_{scale}x", s_values with { Scale = 8.0 / 3 }, ImageFormats.Png));

    [Fact]
    public void A_result_of_no_network_says_so()
        => Assert.Equal("cat-none.png", NameTemplate.Expand("{name}-{model}", s_values with { Models = [] }, ImageFormats.Png));

    [Theory]
    [InlineData("{name}.{ext}", "cat.png", "png", "cat.png")]
    [InlineData("{name}.{ext}", "cat.png", "jpeg", "cat.jpg")]
    [InlineData("{name}.png", "cat.png", "png", "cat.png")]
    [InlineData("{name}_big.PNG", "cat.png", "jpeg", "cat_big.jpg")]
    [InlineData("{name}", "cat.JPEG", "jpeg", "cat.JPEG")]
    [InlineData("{name}", "cat.jpg.png", "png", "cat.jpg.png")]
    [InlineData("v1.5 {name}", "cat.png", "png", "v1.5 cat.png")]
    [InlineData(".png", "cat.png", "png", ".png.png")]
    public void A_name_never_has_two_extensions_of_the_template(string template, string source, string format, string expected)
    {
        NameTemplate.Check(template);
        Assert.Equal(expected, NameTemplate.Expand(template, s_values with { Source = source }, ImageFormats.FromName(format)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/{name}")]
    [InlineData("..\\{name}")]
    [InlineData("{nmae}")]
    [InlineData("{name")]
    [InlineData("{name}}")]
    [InlineData("{}")]
    [InlineData("{name:000}")]
    [InlineData("{date:%}")]
    [InlineData("{index:q7}")]
    public void A_template_that_makes_no_name_is_refused(string template)
        => Assert.Equal(UpscaleErrorId.OptionInvalid, Assert.Throws<UpscaleException>(() => NameTemplate.Check(template)).ErrorId);

    [Fact]
    public void An_unknown_token_is_told_with_the_nearest_one_and_with_all()
    {
        string message = Assert.Throws<UpscaleException>(() => NameTemplate.Check("{name}_{widht}")).Message;
        Assert.Contains("{widht}", message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'width'?", message, StringComparison.Ordinal);
        Assert.Contains("{name} {ext} {dir} {scale} {width} {height} {model} {stage} {index} {date}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_format_puts_in_stays_in_the_name()
        => Assert.DoesNotContain('/', NameTemplate.Expand("{date:yyyy/MM}", s_values, ImageFormats.Png));
}
