using System.Text.Json;

namespace Upscale.Diffusion.Models;

/// <summary>Reads the small configuration files of a network's folder.</summary>
public static class ModelConfig
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="read">Makes the result of the root object.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    public static T Read<T>(string path, Func<JsonElement, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return read(document.RootElement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"'{path}' cannot be used: {e.Message}. Install the network again.", e);
        }
    }
}
