using System.Text.Json;

namespace Upscale.Inference;

/// <summary>Reads the small JSON files beside networks.</summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions s_options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>The object in a file.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    public static JsonElement Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), s_options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw ModelFile.Refused(path, "holds no JSON object");
        }
        catch (JsonException exception)
        {
            throw ModelFile.Refused(path, $"is no JSON ({exception.Message.TrimEnd('.')}): get the file again", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ModelFile.Refused(path, $"cannot be read ({exception.Message.TrimEnd('.')})", exception);
        }
    }
}
