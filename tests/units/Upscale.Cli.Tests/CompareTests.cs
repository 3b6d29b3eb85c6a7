using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_result_is_compared_with_truth_and_source()
    {
        _folder.Picture("small.png");
        await RunAsync("run", "small.png", "--stage", "interpolation:kernel=bicubic", "--scale", "4");

        CommandLine.Ended json = await RunAsync("compare", TestData.Image("truth", "chelsea.png"), "small_4x.png", "--source", "small.png", "--json", "--side-by-side", "both.png");
        CommandLine.Ended table = await RunAsync("compare", TestData.Image("truth", "chelsea.png"), "small_4x.png");

        Assert.Equal((0, "", 0, ""), (json.Code, json.Errors, table.Code, table.Errors));
        JsonElement comparison = Assert.Single(json.Objects);
        Assert.True(comparison.GetProperty("ok").GetBoolean());
        Assert.Equal(29.93, comparison.GetProperty("psnr").GetDouble(), 0.02);
        Assert.Equal(0.776, comparison.GetProperty("ssim").GetDouble(), 0.002);
        Assert.Equal(0.953, comparison.GetProperty("msSsim").GetDouble(), 0.002);
        Assert.Equal(2.25, comparison.GetProperty("deltaE").GetDouble(), 0.02);
        Assert.InRange(comparison.GetProperty("consistency").GetDouble(), 38, 46);
        Assert.Equal(_folder.At("both.png"), comparison.GetProperty("sideBySide").GetString());
        Assert.True(_folder.Has("both.png"));
        Assert.Contains("Upscale 0.", Latin("small_4x.png"), StringComparison.Ordinal);
        Assert.DoesNotContain("Upscale 0.", Latin("both.png"), StringComparison.Ordinal);

        string Latin(string name) => System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(_folder.At(name)));
        Assert.Matches(@"PSNR +29\.9\d +dB", table.Output);
        Assert.Matches(@"CIEDE2000 +2\.2\d", table.Output);
        Assert.DoesNotContain("consistency", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_alone_is_compared_with_its_source()
    {
        _folder.Picture("a.png");
        CommandLine.Ended ended = await RunAsync("compare", "a.png", "--source", "a.png", "--json");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement comparison = Assert.Single(ended.Objects);
        Assert.Equal("Infinity", comparison.GetProperty("consistency").GetString());
        Assert.Equal(JsonValueKind.Null, comparison.GetProperty("psnr").ValueKind);
    }

    [Fact]
    public async Task Pictures_of_different_colour_profiles_are_compared_with_a_warning()
    {
        string cmyk = Path.Combine(BadFile.Folders.First(), "cmyk.jpg");
        foreach (string space in new[] { "Srgb", "DisplayP3" })
            Assert.Equal(0, (await RunAsync("run", cmyk, "-o", ".", "--stage", "interpolation", "--scale", "1", "--format", "png", "--name", space, "--rgb-space", space)).Code);
        CommandLine.Ended ended = await RunAsync("compare", "Srgb.png", "DisplayP3.png", "--json");
        Assert.Equal(0, ended.Code);
        Assert.Contains("colour profile", Assert.Single(Assert.Single(ended.Objects).GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Empty((await RunAsync("compare", "DisplayP3.png", "DisplayP3.png", "--json")).Objects.Single().GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public async Task What_cannot_be_compared_is_an_error_in_words_and_in_json()
    {
        _folder.Picture("a.png");
        CommandLine.Ended ended = await RunAsync("compare", "a.png", TestData.Image("truth", "chelsea.png"), "--json");
        Assert.Equal(1, ended.Code);
        JsonElement failure = Assert.Single(ended.Objects);
        Assert.False(failure.GetProperty("ok").GetBoolean());
        Assert.Equal("OptionInvalid", failure.GetProperty("errorId").GetString());
        Assert.Contains("106 x 74", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("[OptionInvalid]", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_option_is_no_picture()
    {
        _folder.Picture("a.png");
        CommandLine.Ended ended = await RunAsync("compare", "a.png", "--sorce");
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains("There is no option '--sorce'", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_it()
        => Assert.Matches(@"(?m)^  compare\b", (await RunAsync("--help")).Output);

    private Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(_folder.Root, arguments);
}
