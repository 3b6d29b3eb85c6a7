using System.Globalization;

namespace Upscale.Inference;

/// <summary>Weights that an ONNX file keeps in another file.</summary>
/// <param name="Location">Path as written, meant relative to the model's folder.</param>
/// <param name="Offset">First byte; null for 0.</param>
/// <param name="Length">Bytes; null for all the rest.</param>
internal sealed record ExternalTensor(string Location, long? Offset, long? Length)
{
    /// <summary>Reads it from the entries that an ONNX file has for it.</summary>
    /// <exception cref="InvalidDataException">A number is none.</exception>
    public static ExternalTensor Parse(IReadOnlyDictionary<string, string> entries)
        => new(entries.GetValueOrDefault("location", ""), Number(entries, "offset"), Number(entries, "length"));

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
        string[] parts = location.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains(".."))
            throw new InvalidDataException($"wants to read '{Location}', which is outside the model's own folder");
        if (!ContainedPath.IsInside(modelFolder, location))
            throw new InvalidDataException($"wants to read '{Location}', a link that leads out of the model's own folder");
        string path = Path.Combine([modelFolder, .. parts.Where(p => p != ".")]);
        FileInfo file = new(path);
        if (!file.Exists)
            throw new InvalidDataException($"keeps its weights in '{Location}', which is missing beside it: put that file there too");
        long offset = Offset ?? 0;
        if (offset > file.Length || (Length ?? 0) > file.Length - offset)
            throw new InvalidDataException($"keeps its weights in '{Location}', which is too short ({file.Length} bytes): get that file again");
        return path;
    }

    private static long? Number(IReadOnlyDictionary<string, string> entries, string key)
    {
        if (!entries.TryGetValue(key, out string? text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new InvalidDataException($"The {key} of weights in another file is '{text}'.");
    }
}
