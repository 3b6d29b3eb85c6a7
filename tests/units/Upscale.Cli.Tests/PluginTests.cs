using System.Diagnostics;
using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class PluginTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plugin_path_is_listed_with_hashes()
    {
        CommandLine.Ended plugins = await RunAsync("plugins", "--json", "--plugin-path", PublishedPlugins.Folder);
        CommandLine.Ended stages = await RunAsync("stages", "--plugin-path", PublishedPlugins.Folder);

        Assert.Equal((0, "", 0), (plugins.Code, plugins.Errors, stages.Code));
        JsonElement toning = plugins.Objects.Single(o => o.GetProperty("id").GetString() == "Toning");
        Assert.Matches("^[0-9a-f]{64}$", toning.GetProperty("hash").GetString());
        Assert.False(toning.GetProperty("loaded").GetBoolean());
        Assert.Matches("toning +Toning +matrix", stages.Output);
    }

    [Fact]
    public async Task A_fault_names_plugin_stage_and_picture_and_the_rest_go_on()
    {
        _folder.Picture("a.png");
        _folder.Picture("b.png");
        CommandLine.Ended ended = await RunAsync(
            "run", "a.png", "b.png", "--plugin-path", PublishedPlugins.Folder, "--stage", "toning", "--stage", "turning", "--stage", "faulty:fault=nan", "--stage", "interpolation:scale=2");
        Assert.Equal(2, ended.Code);
        string[] errors = ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, errors.Length);
        Assert.All(["a.png", "b.png"], name => Assert.Contains(errors, e => System.Text.RegularExpressions.Regex.IsMatch(
            e, $@"^upscale: {name}: .*{name} cannot be made: the stage 'faulty' of the plugin 'Faulty' gave the value NaN .*\[OutputDegenerate\]$")));
        Assert.DoesNotContain(_folder.Files, f => f.Contains("2x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stage_that_hangs_is_given_up_after_its_time_and_the_program_ends()
    {
        _folder.Picture("a.png");
        CommandLine.Ended ended = await RunAsync("run", "a.png", "--plugin-path", PublishedPlugins.Folder, "--stage", "faulty:fault=spin", "--scale", "2", "--stage-timeout", "2");
        Assert.Equal(2, ended.Code);
        Assert.Contains("worked on one strip for more than 2 s", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["a.png"], _folder.Files);
    }

    [Fact]
    public async Task A_plugin_that_others_can_change_is_refused_unless_forced()
    {
        if (OperatingSystem.IsWindows())
            return;
        _folder.Picture("a.png");
        Directory.CreateDirectory(_folder.At("plugins/Turning"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(PublishedPlugins.Folder, "Turning")))
            File.Copy(file, _folder.At($"plugins/Turning/{Path.GetFileName(file)}"));
        File.SetUnixFileMode(_folder.At("plugins/Turning"), (UnixFileMode)0b111_111_111);

        CommandLine.Ended refused = await RunAsync("run", "a.png", "-o", "out", "--stage", "turning", "--plugin-path", "plugins");
        CommandLine.Ended listed = await RunAsync("plugins", "--plugin-path", "plugins");
        CommandLine.Ended forced = await RunAsync("run", "a.png", "-o", "out", "--stage", "turning", "--plugin-path", "plugins", "--force");

        Assert.Equal((1, 0, 0), (refused.Code, listed.Code, forced.Code));
        Assert.Contains("Turning can be written to by everybody", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("can be written to by everybody", listed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stage-timeout", "0")]
    [InlineData("--stage-timeout", "soon")]
    [InlineData("--plugin-path", "none")]
    public async Task A_value_that_cannot_be_is_refused(string option, string value)
    {
        _folder.Picture("a.png");
        CommandLine.Ended ended = await RunAsync("run", "a.png", "--scale", "2", "--stage", "interpolation", option, value);
        Assert.Equal(1, ended.Code);
        Assert.Contains(value, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_commands_of_the_tutorial_work_as_they_stand()
    {
        if (OperatingSystem.IsWindows())
            return;
        File.Copy(TestData.Image("x4", "chelsea.png"), _folder.At("photo.png"));
        File.WriteAllText(_folder.At("NuGet.config"), "<configuration><packageSources><clear /></packageSources></configuration>");
        string commands = string.Concat(Tutorial.Blocks.Where(b => b.Language == "sh").Select(b => b.Text));
        using Process shell = CommandLine.StartShell(_folder.Root, $"set -e\n{commands}");

        CommandLine.Ended ended = await CommandLine.EndAsync(shell);

        Assert.True(ended.Code == 0, ended.Output + ended.Errors);
        Assert.Matches(@"(?m)^negative +Negative +amount +number 0\.\.1 +1", ended.Output);
        Assert.True(_folder.Has("out", "photo_1x.png"));
        Assert.Equal(1, (await RunAsync("plugins", "new", "Negative")).Code);
    }

    private Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(_folder.Root, arguments);
}
