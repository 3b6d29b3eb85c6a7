using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class ListTests
{
    [Fact]
    public async Task Models_lists_every_bundled_network()
    {
        string[] bundled = [.. Directory.EnumerateFiles(Path.Combine(TestData.Root, "models"), "model.json", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f))!).Order(StringComparer.Ordinal)];

        CommandLine.Ended json = await RunAsync("models", "--json");
        CommandLine.Ended table = await RunAsync("models");

        Assert.Equal((0, 0), (json.Code, table.Code));
        Assert.True(bundled.Length >= 12);
        Assert.Equal(bundled, json.Objects.Select(o => o.GetProperty("id").GetString()!).Order(StringComparer.Ordinal).Intersect(bundled));
        JsonElement card = json.Objects.Single(o => o.GetProperty("id").GetString() == "realesr-general-x4v3");
        Assert.Equal(4, card.GetProperty("scale").GetInt32());
        Assert.Equal("BSD-3-Clause", card.GetProperty("licence").GetString());
        Assert.Equal(2.42, card.GetProperty("megaflopsPerPixel").GetDouble(), 0.01);
        Assert.All(bundled, id => Assert.Single(table.Lines, line => line.Trim().StartsWith($"{id} ", StringComparison.Ordinal)));
        Assert.Matches("realesr-general-x4v3 +4x +Bundled +2.42 +BSD-3-Clause +Photographs x4", table.Output);
    }

    [Fact]
    public async Task Stages_lists_options_with_defaults()
    {
        CommandLine.Ended json = await RunAsync("stages", "--json");
        CommandLine.Ended table = await RunAsync("stages");

        Assert.Equal((0, 0), (json.Code, table.Code));
        JsonElement stage = json.Objects.Single(o => o.GetProperty("id").GetString() == "interpolation");
        JsonElement kernel = stage.GetProperty("options").EnumerateArray().Single(o => o.GetProperty("name").GetString() == "kernel");
        Assert.Equal("lanczos3", kernel.GetProperty("default").GetString());
        Assert.Contains("mitchell", kernel.GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
        Assert.Contains(json.Objects, o => o.GetProperty("id").GetString() == "gan");
        Assert.Matches(@"interpolation +Interpolation +kernel +nearest\|.*\|lanczos3 +lanczos3 +The filter", table.Output);
    }

    [Fact]
    public async Task Devices_tell_why_not()
    {
        CommandLine.Ended json = await RunAsync("devices", "--json");
        CommandLine.Ended table = await RunAsync("devices");

        Assert.Equal((0, 0), (json.Code, table.Code));
        Assert.Contains(json.Objects, o => o.GetProperty("name").GetString() == "Cpu" && o.GetProperty("usable").GetBoolean());
        Assert.All(json.Objects.Where(o => !o.GetProperty("usable").GetBoolean()), o => Assert.NotEmpty(o.GetProperty("reason").GetString()!));
        Assert.Matches("Cpu +yes", table.Output);
    }

    [Fact]
    public async Task Plugins_lists_the_bundled_ones_as_usable()
    {
        CommandLine.Ended json = await RunAsync("plugins", "--json");
        CommandLine.Ended table = await RunAsync("plugins");

        Assert.Equal((0, 0), (json.Code, table.Code));
        Assert.All(json.Objects, o => Assert.Equal(JsonValueKind.Null, o.GetProperty("error").ValueKind));
        Assert.Contains("Interpolation", json.Objects.Select(o => o.GetProperty("id").GetString()));
        Assert.Contains("Gan", json.Objects.Select(o => o.GetProperty("id").GetString()));
        Assert.Matches("Interpolation +0.1.0 +interpolation", table.Output);
    }

    [Fact]
    public async Task Help_lists_the_commands()
    {
        CommandLine.Ended ended = await RunAsync("--help");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        Assert.All(["run", "models", "stages", "devices", "plugins", "bench"], name => Assert.Matches($@"(?m)^  {name}\b", ended.Output));
    }

    [Fact]
    public async Task Help_of_run_lists_its_options()
    {
        CommandLine.Ended ended = await RunAsync("run", "--help");

        Assert.Equal((0, ""), (ended.Code, ended.Errors));
        string[] options =
        [
            "--output", "--scale", "--width", "--height", "--model", "--stage", "--device", "--format", "--quality", "--name", "--tile", "--seed",
            "--recurse", "--force", "--json", "--quiet", "--throttle", "--verbose",
        ];
        Assert.All(options, option => Assert.Matches($@"{option}\b", ended.Output));
    }

    private static Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(Path.GetTempPath(), arguments);
}
