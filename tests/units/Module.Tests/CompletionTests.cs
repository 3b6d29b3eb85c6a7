using System.Text.Json.Nodes;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class CompletionTests : IDisposable
{
    private readonly ModuleSession _session = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void The_installed_networks_are_offered_for_Model()
    {
        IEnumerable<string?> folders = Directory.EnumerateFiles(Path.Combine(TestData.Root, "models"), "model.json", SearchOption.AllDirectories)
            .Select(f => Path.GetFileName(Path.GetDirectoryName(f)));
        Assert.Empty(folders.Except(_session.Complete("Invoke-Upscale a.png -Model ")));
    }

    [Theory]
    [InlineData("Invoke-Upscale a.png -Model realesr-g", "realesr-general-x4v3")]
    [InlineData("Get-UpscaleModel anime4k", "anime4k-cnn-2x-l-an")]
    [InlineData("Clear-UpscaleSession -Model anime4k", "anime4k-cnn-2x-l-an")]
    [InlineData("Invoke-Upscale a.png -Stage inter", "interpolation")]
    [InlineData("Invoke-Upscale a.png -Stage gan,inter", "interpolation")]
    [InlineData("Invoke-Upscale a.png -Stage interpolation:ker", "interpolation:kernel=")]
    [InlineData("Invoke-Upscale a.png -Stage interpolation:kernel=mit", "interpolation:kernel=mitchell")]
    [InlineData("Invoke-Upscale a.png -Stage 'interpolation:scale=2,kernel=mit", "'interpolation:scale=2,kernel=mitchell'")]
    [InlineData("Invoke-Upscale a.png -Stage gan:model=anime4k", "gan:model=anime4k-cnn-2x-l-an")]
    [InlineData("Get-UpscaleStage ga", "gan")]
    [InlineData("Invoke-Upscale a.png -Format jp", "jpeg")]
    public void A_word_that_was_begun_is_completed(string line, string expected) => Assert.Equal([expected], _session.Complete(line));

    [Theory]
    [InlineData("Scheduler")]
    [InlineData("ColorFix")]
    public void What_the_plugins_declare_is_offered(string parameter)
    {
        IEnumerable<string?> declared = Directory.EnumerateFiles(Path.Combine(TestData.Root, "plugins"), "plugin.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .SelectMany(f => JsonNode.Parse(File.ReadAllText(f))!["stages"]!.AsArray())
            .SelectMany(s => s!["options"]?.AsArray() ?? [])
            .Where(o => parameter.Equals((string?)o!["name"], StringComparison.OrdinalIgnoreCase))
            .SelectMany(o => o!["choices"]?.AsArray() ?? [])
            .Select(c => (string?)c)
            .Distinct();
        Assert.Empty(declared.Except(_session.Complete($"Invoke-Upscale a.png -{parameter} ")));
    }

    [Fact]
    public void Auto_and_Cpu_are_among_the_devices()
        => Assert.Empty(new[] { "Auto", "Cpu" }.Except(_session.Complete("Invoke-Upscale a.png -Device ")));
}
