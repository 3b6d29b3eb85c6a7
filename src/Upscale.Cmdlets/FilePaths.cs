using System.Management.Automation;
using Microsoft.PowerShell.Commands;

namespace Upscale.Commands;

/// <summary>PowerShell paths, relative to the session's location and through its drives, as full paths of the file system.</summary>
internal static class FilePaths
{
    /// <summary>The path as it stands; nothing needs to be there.</summary>
    /// <exception cref="UpscaleException">It leads nowhere, or to something that is no file.</exception>
    public static string Literal(PSCmdlet cmdlet, string path)
    {
        try
        {
            string full = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            Check(provider, path);
            return full;
        }
        catch (SessionStateException e)
        {
            throw NotFound(path, e);
        }
    }

    /// <summary>
    /// The files that a path with wildcards names, sorted. A file whose name is the path as it stands is meant itself, so that
    /// the names of results with brackets can be piped on.
    /// </summary>
    /// <param name="cmdlet">Whose session the path is of.</param>
    /// <param name="path">As given.</param>
    /// <param name="folders">True when wildcards name folders too.</param>
    /// <exception cref="UpscaleException">It leads nowhere, or to something that is no file.</exception>
    public static IReadOnlyList<string> Expand(PSCmdlet cmdlet, string path, bool folders)
    {
        string literal = Literal(cmdlet, path);
        if (Path.Exists(literal))
            return [literal];
        try
        {
            IEnumerable<string> found = cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            Check(provider, path);
            if (WildcardPattern.ContainsWildcardCharacters(path))
                found = found.Where(p => folders || !Directory.Exists(p)).Order(StringComparer.Ordinal);
            return [.. found];
        }
        catch (ItemNotFoundException)
        {
            return [literal];
        }
        catch (SessionStateException e)
        {
            throw NotFound(path, e);
        }
    }

    private static void Check(ProviderInfo provider, string path)
    {
        if (provider.ImplementingType != typeof(FileSystemProvider))
            throw new UpscaleException(Failures.PathNotFileSystem, $"{path} is not in the file system but in {provider.Name}. Give the path of a file.");
    }

    private static UpscaleException NotFound(string path, Exception e) => new(UpscaleErrorId.FileNotFound, $"There is no file {path}. {e.Message}", e);
}
