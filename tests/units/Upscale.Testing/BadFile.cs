using System.Text.Json;

namespace Upscale.Testing;

/// <summary>A good, odd or broken picture file of which EXPECTED.json says what it is.</summary>
/// <param name="Path">Full path of a copy.</param>
/// <param name="MustRefuse">True for what must be refused, false for what must be read, null where both are right.</param>
/// <param name="Size">Of the upright picture; null where it is not told.</param>
/// <param name="Why">What it is.</param>
public sealed record BadFile(string Path, bool? MustRefuse, (int Width, int Height)? Size, string Why)
{
    /// <summary>The folders with such files.</summary>
    public static IEnumerable<string> Folders => TestData.ReferenceFolders("badfiles");

    /// <summary>Copies all of them under their names.</summary>
    /// <param name="from">One of <see cref="Folders"/>.</param>
    /// <param name="to">An existing folder.</param>
    public static IReadOnlyList<BadFile> CopyAll(string from, string to)
    {
        var files = new List<BadFile>();
        foreach (JsonElement entry in JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(from, "EXPECTED.json"))).RootElement.GetProperty("entries").EnumerateArray())
        {
            string name = entry.GetProperty("file").GetString()!;
            string stored = System.IO.Path.Combine(from, entry.TryGetProperty("make_from", out JsonElement made) ? made.GetString()! : name);
            if (!File.Exists(stored))
                continue;
            string copy = System.IO.Path.GetFullPath(System.IO.Path.Combine(to, name));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(stored, copy);
            bool? mustRefuse = entry.GetProperty("must_refuse").ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
            (int, int)? size = entry.TryGetProperty("upright_size", out JsonElement told) || entry.TryGetProperty("size", out told) ? (told[0].GetInt32(), told[1].GetInt32()) : null;
            files.Add(new BadFile(copy, mustRefuse, size, entry.GetProperty("why").GetString()!));
        }

        return files;
    }
}
