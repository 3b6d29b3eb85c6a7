namespace Upscale.Inference;

/// <summary>Says in words why ONNX Runtime did not load a file.</summary>
internal static class LoadErrors
{
    /// <summary>The error to throw instead of the native one.</summary>
    public static UpscaleException Translate(ModelFile file, Exception exception)
    {
        string said = RuntimeErrors.Summary(exception);
        string reason = RuntimeErrors.Classify(exception) == RuntimeErrorKind.TooLarge ? "needs more memory than there is to load"
            : file.ForeignOperators.Count > 0 ? $"needs operators that ONNX Runtime does not have: {string.Join(", ", file.ForeignOperators)}"
            : said.Contains("opset", StringComparison.OrdinalIgnoreCase) ? $"uses a newer ONNX operator set than this program knows: export it with an older opset, such as 17 ({said})"
            : said.Contains("IR version", StringComparison.OrdinalIgnoreCase) ? $"is in a newer version of the ONNX format than this program knows: export it with an older one ({said})"
            : $"cannot be loaded: {said}";
        return ModelFile.Refused(file.Path, reason, exception);
    }
}
