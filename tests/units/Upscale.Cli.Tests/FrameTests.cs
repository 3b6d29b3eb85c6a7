using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class FrameTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_frames_are_taken_or_the_one_that_is_asked_for()
    {
        File.Copy(Path.Combine(BadFile.Folders.First(), "anim_opaque.gif"), _folder.At("a.gif"));
        File.Copy(Path.Combine(BadFile.Folders.First(), "multipage.tif"), _folder.At("b.tif"));

        CommandLine.Ended all = await RunAsync("a.gif", "b.tif", "--json");
        Assert.Equal(0, all.Code);
        Assert.Equal([(3, 60, 40), (3, 80, 56)], all.Objects.Select(o => (o.GetProperty("frames").GetInt32(), o.GetProperty("width").GetInt32(), o.GetProperty("height").GetInt32())));

        CommandLine.Ended one = await RunAsync("b.tif", "--frame", "1", "--name", "one", "--json");
        Assert.Equal((1, 40, 100), (one.Objects[0].GetProperty("frames").GetInt32(), one.Objects[0].GetProperty("width").GetInt32(), one.Objects[0].GetProperty("height").GetInt32()));

        CommandLine.Ended told = await RunAsync("a.gif", "--name", "told");
        Assert.Contains("60x40  3 frames", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_frame_that_is_not_there_is_an_error_with_the_number_that_there_are()
    {
        File.Copy(Path.Combine(BadFile.Folders.First(), "anim_opaque.gif"), _folder.At("a.gif"));

        CommandLine.Ended missing = await RunAsync("a.gif", "--frame", "3");
        Assert.Equal(2, missing.Code);
        Assert.Contains("numbered 0 to 2", missing.Errors, StringComparison.Ordinal);
        CommandLine.Ended negative = await RunAsync("a.gif", "--frame", "-1");
        Assert.Equal(1, negative.Code);
        Assert.Equal(["a.gif"], _folder.Files);
    }

    private Task<CommandLine.Ended> RunAsync(params string[] arguments) => CommandLine.RunAsync(_folder.Root, ["run", .. arguments, "--stage", "interpolation", "--scale", "2"]);
}
