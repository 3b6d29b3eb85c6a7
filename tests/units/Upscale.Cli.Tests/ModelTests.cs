using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class ModelTests
{
    private static string Network => TestData.ReferenceFolders("onnx-cases").Select(f => Path.Combine(f, "x2_nhwc.onnx")).First(File.Exists);

    [Fact]
    public async Task A_network_is_imported_once_listed_and_used_by_its_name()
    {
        using var folder = new TemporaryFolder();
        string name = $"own-{Guid.NewGuid():n}";
        folder.Picture("a.png");

        CommandLine.Ended first = await CommandLine.RunAsync(folder.Root, "models", "import", Network, "--name", name, "--json");
        CommandLine.Ended again = await CommandLine.RunAsync(folder.Root, "models", "import", Network, "--name", name);
        CommandLine.Ended forced = await CommandLine.RunAsync(folder.Root, "models", "import", Network, "--name", name, "--force");
        CommandLine.Ended list = await CommandLine.RunAsync(folder.Root, "models", "--json");
        CommandLine.Ended run = await CommandLine.RunAsync(folder.Root, "run", "a.png", "--model", name, "--json");

        Assert.Equal((0, 1, 0, 0, 0), (first.Code, again.Code, forced.Code, list.Code, run.Code));
        Assert.Contains("[TargetExists]", again.Errors, StringComparison.Ordinal);
        JsonElement card = list.Objects.Single(o => o.GetProperty("id").GetString() == name);
        Assert.Equal("User", card.GetProperty("origin").GetString());
        Assert.Equal("Bundled", list.Objects.Single(o => o.GetProperty("id").GetString() == "realesr-general-x4v3").GetProperty("origin").GetString());
        Assert.Equal(first.Objects.Single().GetProperty("sha256").GetString(), card.GetProperty("sha256").GetString());
        Assert.Equal(name, run.Objects.Single().GetProperty("model").GetString());
    }

    [Fact]
    public async Task What_is_no_network_is_refused_with_its_path()
    {
        using var folder = new TemporaryFolder();
        string picture = folder.Picture("a.onnx");
        CommandLine.Ended ended = await CommandLine.RunAsync(folder.Root, "models", "import", "a.onnx");
        Assert.Equal(1, ended.Code);
        Assert.Contains(picture, ended.Errors, StringComparison.Ordinal);
        Assert.Contains("[ModelNotSupported]", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Networks_are_measured_and_one_that_is_not_there_leaves_the_others_alone()
    {
        using var folder = new TemporaryFolder();
        folder.Picture("a.png");
        CommandLine.Ended json = await CommandLine.RunAsync(folder.Root, "models", "measure", "anime4k-cnn-2x-l-an", "no-such", "--path", "a.png", "--json");
        CommandLine.Ended table = await CommandLine.RunAsync(folder.Root, "models", "measure", "anime4k-cnn-2x-l-an", "--path", "a.png");
        Assert.Equal((2, 0), (json.Code, table.Code));
        JsonElement measured = json.Objects[0];
        Assert.Equal(("anime4k-cnn-2x-l-an", 2, 1), (measured.GetProperty("model").GetString(), measured.GetProperty("scale").GetInt32(), measured.GetProperty("pictures").GetInt32()));
        Assert.True(measured.GetProperty("megapixelsPerSecond").GetDouble() > 0);
        Assert.InRange(measured.GetProperty("halo").GetInt32(), 1, 8);
        Assert.Equal("ModelNotFound", json.Objects[1].GetProperty("errorId").GetString());
        Assert.Matches(@"anime4k-cnn-2x-l-an +2x +\d", table.Output);
    }
}
