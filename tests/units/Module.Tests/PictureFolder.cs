using Upscale.Testing;

namespace Upscale.Module.Tests;

/// <summary>A temporary folder with pictures.</summary>
internal sealed class PictureFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("upscale-module-").FullName;

    /// <summary>The full path of a name.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The names in the folder, sorted.</summary>
    public string[] Names => [.. Directory.EnumerateFileSystemEntries(Path).Select(p => System.IO.Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    /// <summary>Copies a photograph of about 110 x 80 pixels (x4), or twice (x2) or four times (truth) as wide and high.</summary>
    /// <returns>Full path of the copy.</returns>
    public string AddPhotograph(string name, string size = "x4", string photograph = "chelsea")
    {
        File.Copy(TestData.Image(size, photograph + ".png"), this[name]);
        return this[name];
    }

    /// <summary>Writes a photograph that ends in the middle.</summary>
    public string AddTruncated(string name)
    {
        byte[] whole = File.ReadAllBytes(TestData.Image("x4", "chelsea.png"));
        File.WriteAllBytes(this[name], whole[..(whole.Length / 2)]);
        return this[name];
    }

    /// <summary>Width and height as a PNG file's header says.</summary>
    public static (int Width, int Height) SizeOfPng(string path)
    {
        byte[] header = new byte[24];
        using FileStream stream = File.OpenRead(path);
        stream.ReadExactly(header);
        return (System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(20)));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
