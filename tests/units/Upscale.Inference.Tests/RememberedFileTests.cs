namespace Upscale.Inference.Tests;

public sealed class RememberedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_back_and_replaced()
    {
        string path = Path.Combine(_folder, "deep", "a.json");
        Assert.Null(RememberedFile.Read<string[]>(path));
        foreach (string[] content in new string[][] { ["one"], ["two", "three"] })
        {
            RememberedFile.Write(path, content);
            Assert.Equal(content, RememberedFile.Read<string[]>(path));
            Assert.Equal([path], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(path)!));
        }
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        string path = Path.Combine(_folder, "a.json");
        Directory.CreateDirectory(path);
        RememberedFile.Write(path, new[] { "one" });
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder));
        Assert.Null(RememberedFile.Read<string[]>(path));
    }
}
