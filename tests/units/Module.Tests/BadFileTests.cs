using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class BadFileTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public static TheoryData<string> Folders => [.. BadFile.Folders];

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void What_must_be_refused_is_an_error_by_name_and_what_must_survive_survives(string folder)
    {
        IReadOnlyList<BadFile> files = BadFile.CopyAll(folder, Directory.CreateDirectory(_folder["in"]).FullName);

        RunRecord run = _session.Run(
            "param($Path, $Out) Invoke-Upscale -LiteralPath $Path -Stage interpolation -Scale 2 -Format png -Destination $Out -NameFormat '{name}-{ext}' -MaxPixels 100000000",
            ("Path", files.Select(f => f.Path).ToArray()),
            ("Out", _folder["out"]));

        Assert.False(run.Terminated);
        Dictionary<string, (int Width, int Height)> done = run.Values<string>("Source").Zip(run.Values<int>("Width").Zip(run.Values<int>("Height"))).ToDictionary(o => o.First, o => o.Second);
        Dictionary<string, string> refused = run.Errors.ToDictionary(e => (string)e.TargetObject, e => $"{e.FullyQualifiedErrorId.Split(',')[0]}: {e}");
        foreach (BadFile file in files)
        {
            Assert.True(done.ContainsKey(file.Path) != refused.ContainsKey(file.Path), $"{file.Path} has not one outcome.");
            Assert.True(file.MustRefuse != done.ContainsKey(file.Path), $"{file.Path} ({file.Why}): {refused.GetValueOrDefault(file.Path)}");
            if (refused.TryGetValue(file.Path, out string? message))
            {
                Assert.Contains(System.IO.Path.GetFileName(file.Path), message, StringComparison.Ordinal);
                Assert.Contains(message.Split(':')[0], new[] { "ImageCorrupt", "FormatNotSupported", "ImageTooLarge" });
            }
            else if (file.Size is { } size)
            {
                Assert.Equal((2 * size.Width, 2 * size.Height), done[file.Path]);
            }
        }

        Assert.Equal(done.Count, Directory.EnumerateFiles(_folder["out"]).Count());
    }
}
