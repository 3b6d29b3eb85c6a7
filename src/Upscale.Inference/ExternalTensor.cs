namespace Upscale.Inference;

/// <summary>Weights that an ONNX file keeps in another file.</summary>
/// <param name="Location">Path as written, meant relative to the model's folder.</param>
/// <param name="Offset">First byte; null for 0.</param>
/// <param name="Length">Bytes; null for all the rest.</param>
internal sealed record ExternalTensor(string Location, long? Offset, long? Length)
{
    /// <summary>
    /// Finds the file. A network comes from a stranger: it may read what lies in its own folder and nothing else, and
    /// symbolic links do not lead out of it.
    /// </summary>
    /// <param name="modelFolder">Full path of the folder of the .onnx file.</param>
    /// <exception cref="InvalidDataException">The message, a half sentence, says why the weights may not or cannot be read.</exception>
    public string Resolve(string modelFolder)
    {
        string location = Location.Replace('\\', '/');
        if (location.Length == 0)
            throw new InvalidDataException("keeps weights in another file without naming it");
        if (Path.IsPathRooted(location) || location.Contains(':') || location.Contains('\0'))
            throw new InvalidDataException($"wants to read '{Location}': weights are read only from the model's own folder");
        string path = modelFolder;
        foreach (string part in location.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
                throw new InvalidDataException($"wants to read '{Location}', which is outside the model's own folder");
            if (part == ".")
                continue;
            path = Path.Combine(path, part);
            FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target && !IsInside(target.FullName, modelFolder))
                throw new InvalidDataException($"wants to read '{Location}', a link that leads out of the model's own folder");
        }

        FileInfo file = new(path);
        if (!file.Exists)
            throw new InvalidDataException($"keeps its weights in '{Location}', which is missing beside it: put that file there too");
        long offset = Offset ?? 0;
        if (offset > file.Length || (Length ?? 0) > file.Length - offset)
            throw new InvalidDataException($"keeps its weights in '{Location}', which is too short ({file.Length} bytes): get that file again");
        return path;
    }

    private static bool IsInside(string path, string folder)
        => path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
