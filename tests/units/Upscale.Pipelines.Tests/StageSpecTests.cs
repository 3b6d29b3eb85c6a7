using CsCheck;

namespace Upscale.Pipelines.Tests;

public sealed class StageSpecTests
{
    [Fact]
    public void Text_gives_the_stage_and_its_options()
    {
        StageSpec spec = StageSpec.Parse("interpolation:kernel=lanczos3,scale=2.5,linearLight");
        Assert.Equal("interpolation", spec.Id);
        Assert.Equal("lanczos3", spec.Options["Kernel"]);
        Assert.Equal("2.5", spec.Options["scale"]);
        Assert.Equal(true, spec.Options["linearLight"]);
    }

    [Fact]
    public void A_path_with_colons_and_a_quoted_comma_are_values()
    {
        StageSpec spec = StageSpec.Parse("gan:model=\"C:\\nets\\a,b.onnx\",scale=2");
        Assert.Equal("C:\\nets\\a,b.onnx", spec.Options["model"]);
        Assert.Equal("2", spec.Options["scale"]);
    }

    [Fact]
    public void The_text_of_a_stage_reads_back_as_the_same_stage()
        => Gen.Dictionary(Gen.String[Gen.Char['a', 'z'], 1, 8], Gen.String[Gen.Char.AlphaNumeric, 1, 8])[0, 5].Sample(options =>
        {
            var spec = new StageSpec("gan", options.ToDictionary(o => o.Key, o => (object)(o.Value + ",\"x\" \"")));
            StageSpec read = StageSpec.Parse(spec.ToString());
            Assert.Equal(spec.Id, read.Id);
            Assert.Equal(spec.Options.OrderBy(o => o.Key).Select(o => (o.Key, (string)o.Value)), read.Options.OrderBy(o => o.Key).Select(o => (o.Key, (string)o.Value)));
        });

    [Theory]
    [InlineData("")]
    [InlineData(":scale=2")]
    [InlineData("gan:=2")]
    [InlineData("gan:scale=2,scale=3")]
    [InlineData("gan:model=\"a")]
    public void What_cannot_be_read_is_told_with_an_example(string text)
    {
        var error = Assert.Throws<UpscaleException>(() => StageSpec.Parse(text));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("ID:key=value", error.Message, StringComparison.Ordinal);
    }
}
