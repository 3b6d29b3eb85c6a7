using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Upscale.Pipelines.Plugins;

/// <summary>The files of a plugin's folder at one moment.</summary>
internal sealed class PluginFiles
{
    private const int MaxDepth = 16;

    private readonly string _folder;
    private readonly FileInfo[] _files;
    private readonly Lazy<string> _hash;

    private PluginFiles(string folder, FileInfo[] files)
    {
        _folder = folder;
        _files = files;
        _hash = new Lazy<string>(ComputeHash, LazyThreadSafetyMode.PublicationOnly);
        var stamp = new StringBuilder();
        foreach (FileInfo file in files)
            stamp.Append(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length} {file.LastWriteTimeUtc.Ticks}\n");
        Stamp = stamp.ToString();
    }

    /// <summary>Names, sizes and times: another stamp means other content.</summary>
    public string Stamp { get; }

    /// <summary>
    /// SHA-256, lower-case hex, over what can be run or says what is run: every file but those that hold data, with its name relative to the
    /// folder and its own SHA-256, in the order of the names.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file must not be read.</exception>
    public string Hash => _hash.Value;

    /// <summary>Lists a folder.</summary>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be listed.</exception>
    public static PluginFiles Read(string folder)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = 0, IgnoreInaccessible = false };
        return new PluginFiles(folder, [.. new DirectoryInfo(folder).EnumerateFiles("*", all).OrderBy(f => f.FullName, StringComparer.Ordinal)]);
    }

    /// <summary>Why somebody else could change what is run; null when nobody can.</summary>
    public string? Doubt()
        => _files.Select(f => f.FullName).Concat(_files.Select(f => f.DirectoryName!)).Append(_folder).Distinct().Select(FileTrust.Doubt).FirstOrDefault(d => d is not null);

    private static bool IsCode(string name)
        => Path.GetExtension(name).ToUpperInvariant() is ".DLL" or ".EXE" or ".DYLIB" or ".JSON" || name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal);

    private string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<(string Name, string Path)> named = _files.Where(f => IsCode(f.Name)).Select(f => (Path.GetRelativePath(_folder, f.FullName).Replace('\\', '/'), f.FullName));
        foreach ((string name, string path) in named.OrderBy(f => f.Item1, StringComparer.Ordinal))
        {
            using FileStream stream = File.OpenRead(path);
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{Convert.ToHexStringLower(SHA256.HashData(stream))}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
