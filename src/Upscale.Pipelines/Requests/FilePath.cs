namespace Upscale.Pipelines;

/// <summary>How file names compare on this system, and folders for results.</summary>
internal static class FilePath
{
    public static bool CaseSensitive => !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS();

    public static StringComparer Comparer => CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    /// <summary>Makes a folder, and those above it, where it is missing.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The folder {folder} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>True when a full path is in a folder, at any depth, or the folder itself.</summary>
    public static bool IsBelow(string path, string folder)
        => WithSeparator(path).StartsWith(WithSeparator(folder), CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    // The root of a file system ends with one by itself.
    private static string WithSeparator(string folder) => Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
}
