using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class PipelineTests : IDisposable
{
    private const string Recipe = """{ "version": 1, "name": "mine", "stages": [ { "id": "interpolation", "scale": 2 }, { "id": "gan", "model": "anime4k-cnn-2x-l-an" } ] }""";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_recipe_is_run_by_its_path()
    {
        _folder.Picture("cat.png");
        File.WriteAllText(_folder.At("photo.json"), Recipe);
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--pipeline", "photo.json", "--json");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        JsonElement result = Assert.Single(ended.Objects);
        Assert.Equal(("mine", 4.0), (result.GetProperty("pipeline").GetString(), result.GetProperty("scale").GetDouble()));
    }

    [Fact]
    public async Task The_ready_made_recipes_are_listed()
    {
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "pipeline", "list", "--json");
        Assert.Empty(new[] { "Anime", "Diffusion", "Fast", "Photo", "PhotoFaithful", "TwoStep" }.Except(ended.Objects.Select(o => o.GetProperty("name").GetString())));
    }

    [Fact]
    public async Task A_test_tells_each_stage_and_does_nothing()
    {
        _folder.Picture("cat.png");
        File.WriteAllText(_folder.At("photo.json"), Recipe);
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "pipeline", "test", "photo.json", "cat.png", "--json");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Equal(["interpolation", "gan"], ended.Objects.Select(o => o.GetProperty("stage").GetString()));
        Assert.Equal(["cat.png", "photo.json"], _folder.Files);
    }

    [Theory]
    [InlineData("--size", "40000x40000", "--format", "jpeg", "ImageTooLarge")]
    [InlineData("--device", "Cuda:7", "--scale", "2", "DeviceNotAvailable")]
    public async Task A_test_that_finds_a_refusal_ends_with_2(string option, string value, string other, string otherValue, string errorId)
    {
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "pipeline", "test", "Fast", option, value, other, otherValue);
        Assert.Equal(2, ended.Code);
        Assert.Contains(errorId, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_with_a_stage_of_a_plugin_elsewhere_is_tested_with_its_path()
    {
        File.WriteAllText(_folder.At("toned.json"), """{ "version": 1, "stages": [ { "id": "toning" } ] }""");
        Assert.Equal(1, (await CommandLine.RunAsync(_folder.Root, "pipeline", "test", "toned.json")).Code);
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "pipeline", "test", "toned.json", "--plugin-path", PublishedPlugins.Folder, "--json");
        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.Equal("toning", Assert.Single(ended.Objects).GetProperty("stage").GetString());
    }

    [Fact]
    public async Task An_unknown_pipeline_is_named_with_the_nearest_one()
    {
        _folder.Picture("cat.png");
        CommandLine.Ended ended = await CommandLine.RunAsync(_folder.Root, "run", "cat.png", "--pipeline", "Foto");
        Assert.Equal(1, ended.Code);
        Assert.Contains("Did you mean 'Photo'?", ended.Errors, StringComparison.Ordinal);
    }
}
