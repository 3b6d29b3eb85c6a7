using Upscale.Imaging;

namespace Upscale.Pipelines.Comparison;

/// <summary>Finds the picture in a folder that belongs to another one by its name.</summary>
internal static class NamedPicture
{
    /// <param name="path">Full path of a folder, or of a picture, which is taken as it is.</param>
    /// <param name="names">Names or paths of the pictures that it may be called after; those that come first are better.</param>
    /// <param name="what">What is searched for, as the message shall have it.</param>
    /// <returns>
    /// The picture of one of the names; else the one that has such a name with another extension; else the one with the longest name that
    /// begins such a name up to a mark: <c>cat.png</c> for <c>cat_4x.png</c>.
    /// </returns>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileNotFound"/>; <see cref="UpscaleErrorId.OptionInvalid"/>: more than one has the name.</exception>
    public static string Find(string path, IReadOnlyList<string> names, string what)
    {
        if (!Directory.Exists(path))
            return path;
        string[] pictures = [.. Directory.EnumerateFiles(path).Where(ImageFormats.HasPictureExtension)];
        return names.Select(name => pictures.FirstOrDefault(p => FilePath.Comparer.Equals(Path.GetFileName(p), Path.GetFileName(name)))).FirstOrDefault(p => p is not null)
            ?? names.Select(name => Stems(pictures, name, what)).FirstOrDefault(p => p is not null)
            ?? throw new UpscaleException(
                UpscaleErrorId.FileNotFound,
                $"{path} holds no picture that is called like {Path.GetFileName(names[0])}, which it would be {what} of. Give {what} by its own path.");
    }

    private static string? Stems(string[] pictures, string name, string what)
    {
        string wanted = Path.GetFileNameWithoutExtension(name);
        string[][] found = [.. pictures
            .Where(p => Begins(wanted, Path.GetFileNameWithoutExtension(p)))
            .GroupBy(p => Path.GetFileNameWithoutExtension(p).Length)
            .OrderByDescending(g => g.Key)
            .Select(g => g.Order(StringComparer.Ordinal).ToArray())];
        return found switch
        {
            [] => null,
            [[string only], ..] => only,
            [string[] several, ..] => throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"{string.Join(" and ", several)} may both be {what} of {Path.GetFileName(name)}. Give {what} by its own path."),
        };
    }

    private static bool Begins(string name, string stem)
    {
        StringComparison comparison = FilePath.CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        return stem.Length > 0 && name.StartsWith(stem, comparison) && (name.Length == stem.Length || !char.IsLetterOrDigit(name[stem.Length]));
    }
}
