namespace Upscale.Pipelines;

/// <summary>How file names compare on this system.</summary>
internal static class FilePath
{
    public static bool CaseSensitive => !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS();

    public static StringComparer Comparer => CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
}
