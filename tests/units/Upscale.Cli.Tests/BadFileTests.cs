using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Cli.Tests;

public sealed class BadFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Folders => [.. BadFile.Folders];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task What_must_be_refused_is_refused_by_name_and_what_must_survive_survives(string folder)
    {
        IReadOnlyList<BadFile> files = BadFile.CopyAll(folder, Directory.CreateDirectory(Path.Combine(_folder.Root, "in")).FullName);

        CommandLine.Ended ended = await CommandLine.RunAsync(
            _folder.Root,
            ["run", "--stage", "interpolation", "--scale", "2", "--format", "png", "-o", "out", "--name", "{name}-{ext}", "--max-pixels", "100000000", "--json", "--", .. files.Select(f => f.Path)]);

        Assert.Equal(2, ended.Code);
        JsonElement[] outcomes = ended.Objects;
        Assert.Equal(files.Select(f => f.Path), outcomes.Select(o => o.GetProperty("source").GetString()));
        foreach ((BadFile file, JsonElement outcome) in files.Zip(outcomes))
        {
            bool done = outcome.GetProperty("ok").GetBoolean();
            Assert.True(file.MustRefuse != done, $"{file.Path} ({file.Why}): {outcome}");
            if (!done)
            {
                Assert.Contains(Path.GetFileName(file.Path), outcome.GetProperty("message").GetString(), StringComparison.Ordinal);
                Assert.Contains(outcome.GetProperty("errorId").GetString(), new[] { "ImageCorrupt", "FormatNotSupported", "ImageTooLarge" });
            }
            else if (file.Size is { } size)
            {
                Assert.Equal((2 * size.Width, 2 * size.Height), (outcome.GetProperty("width").GetInt32(), outcome.GetProperty("height").GetInt32()));
            }
        }

        Assert.Equal(
            outcomes.Where(o => o.GetProperty("ok").GetBoolean()).Select(o => o.GetProperty("path").GetString()).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(Path.Combine(_folder.Root, "out")).Order(StringComparer.Ordinal));
    }
}
