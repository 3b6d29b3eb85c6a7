namespace Upscale.Testing;

/// <summary>The tiny diffusion models of tests/data/reference/pipelines.</summary>
public static class TinyModel
{
    /// <summary>Folder of a model, not to be changed.</summary>
    /// <param name="name">Such as <c>sd-img2img</c>.</param>
    public static string Folder(string name) => TestData.ReferenceFolders("pipelines").Select(f => Path.Combine(f, name)).First(Directory.Exists);

    /// <summary>Copies a model's folder without its goldens.</summary>
    /// <param name="name">Such as <c>sd-img2img</c>.</param>
    /// <param name="target">Folder that may be changed and is the caller's to delete; made when it is missing.</param>
    /// <returns><paramref name="target"/>.</returns>
    public static string Copy(string name, string target) => CopyFrom(Folder(name), target);

    /// <summary>As <see cref="Copy"/>, of a model in some root of references.</summary>
    /// <param name="source">Folder of the model.</param>
    /// <param name="target">See <see cref="Copy"/>.</param>
    /// <returns><paramref name="target"/>.</returns>
    public static string CopyFrom(string source, string target)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(source, f)).Where(f => !f.StartsWith("golden", StringComparison.Ordinal)))
        {
            string path = Path.Combine(target, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, File.ReadAllBytes(Path.Combine(source, file)));
        }

        return target;
    }
}
