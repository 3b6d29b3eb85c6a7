using Upscale.Testing;

namespace Upscale.Cli.Tests;

/// <summary>A folder of a test's own, removed after it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale-cli-");

    public string Root => _folder.FullName;

    public string At(params string[] parts) => Path.Combine([Root, .. parts]);

    public bool Has(params string[] parts) => File.Exists(At(parts));

    /// <summary>Puts a small picture there, of 128x128 pixels or near it.</summary>
    public string Picture(params string[] parts)
    {
        string path = At(parts);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(TestData.Image("x4", "chelsea.png"), path);
        return path;
    }

    /// <summary>Puts a file there that is no picture.</summary>
    public string Broken(params string[] parts)
    {
        string path = At(parts);
        File.WriteAllText(path, "This is no picture.");
        return path;
    }

    /// <summary>Paths of all files below, relative.</summary>
    public IEnumerable<string> Files
        => Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal);

    public void Dispose() => _folder.Delete(recursive: true);
}
