using System.IO.Enumeration;
using Upscale.Imaging;

namespace Upscale.Pipelines;

/// <summary>Turns files, folders and wildcard patterns into a list of pictures.</summary>
public static class SourceExpander
{
    /// <summary>
    /// A name of an existing file stands for itself, whatever characters it has; a folder stands for the pictures in it (by extension);
    /// anything else with * or ? is a pattern, segment by segment, where ** stands for any folders. A name that matches
    /// nothing and has no wildcard is passed on, so that the run says what is wrong with it.
    /// </summary>
    /// <param name="patterns">As given by the user.</param>
    /// <param name="recurse">True to take folders with everything below them.</param>
    /// <param name="baseFolder">Full path that relative names start from.</param>
    /// <param name="except">Full path of a folder whose pictures are left out where a folder above it is searched: that of the results. Null for none.</param>
    /// <returns>Each file once, in the order of the patterns, sorted by name within each.</returns>
    public static IReadOnlyList<SourceFile> Expand(IEnumerable<string> patterns, bool recurse, string baseFolder, string? except = null)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        var files = new List<SourceFile>();
        var seen = new HashSet<string>(FilePath.Comparer);
        foreach (string pattern in patterns)
        {
            foreach (SourceFile file in ExpandOne(Path.GetFullPath(pattern, baseFolder), recurse, except))
            {
                if (seen.Add(file.Path))
                    files.Add(file);
            }
        }

        return files;
    }

    private static IEnumerable<SourceFile> ExpandOne(string path, bool recurse, string? except)
    {
        if (Directory.Exists(path))
            return Pictures(path, recurse, except);
        if (File.Exists(path) || !HasWildcard(path))
            return [new SourceFile(path, null)];
        string root = Path.GetPathRoot(path)!;
        string[] segments = path[root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        return Match(root, segments).Distinct(FilePath.Comparer).Order(StringComparer.Ordinal)
            .SelectMany(match => Directory.Exists(match) ? (recurse ? Pictures(match, true, except) : []) : [new SourceFile(match, null)]);
    }

    private static IEnumerable<SourceFile> Pictures(string folder, bool recurse, string? except)
        => Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = recurse, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System })
            .Where(ImageFormats.HasPictureExtension)
            .Where(file => except is null || !FilePath.IsBelow(file, except) || FilePath.IsBelow(folder, except))
            .Order(StringComparer.Ordinal)
            .Select(file => new SourceFile(file, Path.GetRelativePath(folder, Path.GetDirectoryName(file)!) is var relative && relative != "." ? relative : null));

    private static IEnumerable<string> Match(string folder, ReadOnlySpan<string> segments)
    {
        string segment = segments[0];
        string[] rest = segments[1..].ToArray();
        if (!HasWildcard(segment))
        {
            string next = Path.Combine(folder, segment);
            return rest.Length == 0 ? (File.Exists(next) || Directory.Exists(next) ? [next] : []) : Directory.Exists(next) ? Match(next, rest) : [];
        }

        if (segment == "**")
        {
            IEnumerable<string> folders = Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder);
            string[] below = rest.Length == 0 ? ["*"] : rest;
            return folders.SelectMany(f => Match(f, below));
        }

        // As in a shell, a wildcard does not stand for a leading dot.
        IEnumerable<string> matches = Directory.EnumerateFileSystemEntries(folder)
            .Where(entry => segment[0] == '.' || !Path.GetFileName(entry).StartsWith('.'))
            .Where(entry => FileSystemName.MatchesSimpleExpression(segment, Path.GetFileName(entry), !FilePath.CaseSensitive));
        return rest.Length == 0 ? matches : matches.Where(Directory.Exists).SelectMany(f => Match(f, rest));
    }

    private static bool HasWildcard(string path) => path.AsSpan().IndexOfAny('*', '?') >= 0;
}
