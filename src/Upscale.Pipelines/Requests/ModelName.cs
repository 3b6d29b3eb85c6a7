namespace Upscale.Pipelines;

/// <summary>How a network is named: by the id of an installed one, or by a path.</summary>
public static class ModelName
{
    /// <summary>True for the path of an .onnx file or of a folder. A folder's name alone, without a separator, is taken for an id first.</summary>
    /// <param name="model">As given by the user.</param>
    public static bool IsPath(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
            || model is "." or ".."
            || model.Contains(Path.DirectorySeparatorChar)
            || model.Contains(Path.AltDirectorySeparatorChar);
    }
}
