namespace Upscale.Pipelines;

/// <summary>How file names compare on this system.</summary>
internal static class FilePath
{
    public static bool CaseSensitive => !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS();

    public static StringComparer Comparer => CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>True when a full path is in a folder, at any depth, or the folder itself.</summary>
    public static bool IsBelow(string path, string folder)
        => (path + Path.DirectorySeparatorChar).StartsWith(
            Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
}
