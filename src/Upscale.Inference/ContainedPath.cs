namespace Upscale.Inference;

/// <summary>Paths that a network's files name. A network comes from a stranger: it may have what lies in its own folder and nothing else.</summary>
internal static class ContainedPath
{
    /// <summary>More links than this in a row lead nowhere, as in POSIX systems.</summary>
    private const int MaxLinks = 40;

    /// <summary>True when a path stays inside a folder, whichever symbolic links and junctions it goes through. It need not exist.</summary>
    /// <param name="folder">Full path. Links in it or above it are not looked at.</param>
    /// <param name="relative">Path below it.</param>
    public static bool IsInside(string folder, string relative)
    {
        folder = Path.TrimEndingDirectorySeparator(folder);
        Stack<string> ahead = new();
        List<string> gone = [];
        Push(relative);
        for (int links = 0; ahead.TryPop(out string? part);)
        {
            if (part == ".")
                continue;
            if (part == "..")
            {
                if (gone.Count == 0)
                    return false;
                gone.RemoveAt(gone.Count - 1);
                continue;
            }

            gone.Add(part);
            string path = Path.Combine([folder, .. gone]);
            FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (entry.LinkTarget is not { } target)
                continue;
            if (++links > MaxLinks)
                return false;
            gone.RemoveAt(gone.Count - 1);
            if (Path.IsPathRooted(target))
            {
                string start = folder + Path.DirectorySeparatorChar;
                if (!target.StartsWith(start, StringComparison.Ordinal))
                    return false;
                target = target[start.Length..];
                gone.Clear();
            }

            Push(target);
        }

        return true;

        void Push(string path)
        {
            foreach (string part in path.Split(['/', Path.DirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse())
                ahead.Push(part);
        }
    }

    /// <summary>True for the name of something that lies directly in a folder.</summary>
    public static bool IsName(string name) => name.Length > 0 && name is not "." and not ".." && name.IndexOfAny(['/', '\\', ':', '\0']) < 0;
}
