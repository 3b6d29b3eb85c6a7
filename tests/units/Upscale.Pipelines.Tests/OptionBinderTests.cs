using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines.Tests;

public sealed class OptionBinderTests
{
    private static readonly StageInfo s_stage = new()
    {
        Id = "demo",
        Plugin = "Demo",
        Options =
        [
            new OptionInfo { Name = "kernel", Type = "choice", Choices = ["bicubic", "lanczos3"], Default = "bicubic" },
            new OptionInfo { Name = "strength", Type = "number", Minimum = 0, Maximum = 1 },
            new OptionInfo { Name = "steps", Type = "integer", Minimum = 1 },
            new OptionInfo { Name = "fast", Type = "switch" },
            new OptionInfo { Name = "model", Type = "model" },
            new OptionInfo { Name = "mask", Type = "path" },
        ],
    };

    [Fact]
    public void Values_take_the_declared_type_whatever_they_came_as()
    {
        StageOptions options = Bind(("KERNEL", "Lanczos3"), ("strength", "0.25"), ("steps", 4.0), ("fast", "on"), ("model", "nets/a.onnx"));
        Assert.Equal("lanczos3", options.GetString("kernel"));
        Assert.Equal(0.25, options.GetNumber("strength"));
        Assert.Equal(4, options.GetInteger("steps"));
        Assert.True(options.GetSwitch("fast"));
        Assert.Equal(Path.GetFullPath("/base/nets/a.onnx"), options.GetString("model"));
    }

    [Theory]
    [InlineData("a.onnx", "/base/a.onnx")]
    [InlineData("./folder", "/base/folder")]
    [InlineData("nets/folder", "/base/nets/folder")]
    [InlineData("..", "/")]
    [InlineData("an-id", null)]
    public void A_network_that_is_named_by_a_path_is_relative_to_the_folder(string model, string? expected)
        => Assert.Equal(expected is null ? model : Path.GetFullPath(expected), Bind(("model", model)).GetString("model"));

    [Fact]
    public void A_path_must_lead_somewhere()
    {
        using var folder = new TemporaryFolder();
        string mask = folder.Touch("m.png");
        Assert.Equal(mask, OptionBinder.Bind(s_stage, new Dictionary<string, object> { ["mask"] = "m.png" }, folder.Path).GetString("mask"));
        var error = Assert.Throws<UpscaleException>(() => OptionBinder.Bind(s_stage, new Dictionary<string, object> { ["mask"] = "n.png" }, folder.Path));
        Assert.Equal(UpscaleErrorId.FileNotFound, error.ErrorId);
        Assert.Contains("'mask'", error.Message, StringComparison.Ordinal);
        Assert.Contains(folder.File("n.png"), error.Message, StringComparison.Ordinal);
        Assert.Equal(UpscaleErrorId.OptionInvalid, Assert.Throws<UpscaleException>(() => Bind(("mask", ""))).ErrorId);
    }

    [Fact]
    public void Defaults_fill_in_and_what_has_none_is_absent()
    {
        StageOptions options = Bind();
        Assert.Equal("bicubic", options.GetString("kernel"));
        Assert.False(options.Has("strength"));
    }

    [Theory]
    [InlineData("kernl", "bicubic", "Did you mean 'kernel'?")]
    [InlineData("kernel", "bicubc", "Did you mean 'bicubic'?")]
    [InlineData("strength", "1.5", "from 0 to 1")]
    [InlineData("strength", "NaN", "a number")]
    [InlineData("steps", "0", "at least 1")]
    [InlineData("steps", "1.5", "a whole number")]
    [InlineData("fast", "maybe", "true or false")]
    public void A_wrong_option_is_told_with_what_would_be_right(string name, string value, string told)
    {
        var error = Assert.Throws<UpscaleException>(() => Bind((name, value)));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    private static StageOptions Bind(params (string Name, object Value)[] given)
        => OptionBinder.Bind(s_stage, given.ToDictionary(g => g.Name, g => g.Value), "/base");
}
