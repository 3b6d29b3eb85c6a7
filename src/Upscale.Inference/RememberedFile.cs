using System.Text.Json;

namespace Upscale.Inference;

/// <summary>
/// What is remembered between processes in a JSON file, read whole and replaced whole. It is a comfort only: what cannot be read counts as nothing, and
/// what cannot be written is not remembered.
/// </summary>
public static class RememberedFile
{
    /// <summary>What is in a file; null where it is missing, damaged or not to be read.</summary>
    /// <param name="path">Full path; null for none.</param>
    public static T? Read<T>(string? path) where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllText(path)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces a file, or leaves it as it is and nothing beside it.</summary>
    /// <param name="path">Full path, whose folder is made when it is missing; null for none.</param>
    /// <param name="content">What is to be remembered.</param>
    public static void Write<T>(string? path, T content) where T : class
    {
        if (path is null)
            return;
        string temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                File.WriteAllText(temporary, JsonSerializer.Serialize(content));
                File.Move(temporary, path, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next process finds out for itself.
        }
    }
}
