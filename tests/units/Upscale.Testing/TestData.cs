namespace Upscale.Testing;

/// <summary>Where the tests find their files.</summary>
public static class TestData
{
    /// <summary>The repository's root: the folder above the test assembly that holds Upscale.psd1.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path below tests/data/images.</summary>
    public static string Image(params string[] parts) => Path.Combine([Root, "tests", "data", "images", .. parts]);

    /// <summary>
    /// The folders of that name in every reference root: tests/data/reference, and the one that the environment variable
    /// UPSCALE_REFERENCE names.
    /// </summary>
    /// <param name="name">Such as <c>interpolation</c>.</param>
    public static IEnumerable<string> ReferenceFolders(string name)
    {
        string[] roots = [Path.Combine(Root, "tests", "data", "reference"), Environment.GetEnvironmentVariable("UPSCALE_REFERENCE") ?? ""];
        return roots.Where(r => r.Length > 0).Select(r => Path.Combine(r, name)).Where(Directory.Exists);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Upscale.psd1")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Upscale.psd1.");
    }
}
