using System.Diagnostics;

namespace Upscale.Testing;

/// <summary>The third-party plugins of tests/plugins, published as their authors would.</summary>
public static class PublishedPlugins
{
    private static readonly string s_sources = Path.Combine(TestData.Root, "tests", "plugins");
    private static readonly Lazy<string> s_folder = new(Publish);

    /// <summary>The folder that holds them: a plugin path. Published at the first call where they are missing or out of date.</summary>
    public static string Folder => s_folder.Value;

    /// <summary>Runs the .NET SDK.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="environment">Variables that differ.</param>
    /// <param name="arguments">For <c>dotnet</c>.</param>
    /// <returns>What it wrote out.</returns>
    public static string Dotnet(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // A test runner is itself started by the SDK: what it was told is not for another build, and nothing of this one shall stay behind.
        foreach (string name in info.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            info.Environment.Remove(name);
        info.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        info.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        foreach ((string name, string value) in environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} in {folder}:\n{output}{errors.Result}");
        return output;
    }

    private static string Publish()
    {
        string target = Path.Combine(s_sources, "bin", "published");
        Directory.CreateDirectory(target);
        using FileStream _ = Alone(Path.Combine(s_sources, "bin", "lock"));
        foreach (string manifest in Directory.EnumerateFiles(s_sources, "plugin.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }))
        {
            string project = Path.GetDirectoryName(manifest)!;
            string name = Path.GetFileName(project);
            string published = Path.Combine(target, name, name + ".dll");
            if (!File.Exists(published) || File.GetLastWriteTimeUtc(published) < Newest(project))
                Dotnet(project, new Dictionary<string, string>(), "publish", "-c", "Release", "-v", "q", "-p:UseSharedCompilation=false", "-o", Path.Combine(target, name));
            File.SetLastWriteTimeUtc(published, DateTime.UtcNow);
        }

        return target;
    }

    private static DateTime Newest(string project)
        => Directory.EnumerateFiles(project).Append(Path.Combine(TestData.Root, "module", "bin", "Upscale.Abstractions.dll")).Max(File.GetLastWriteTimeUtc);

    /// <summary>Several test projects run at the same time.</summary>
    private static FileStream Alone(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
