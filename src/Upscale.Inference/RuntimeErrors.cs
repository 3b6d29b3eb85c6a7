namespace Upscale.Inference;

/// <summary>
/// The one place that reads the texts of native errors: ONNX Runtime gives C# neither a type nor a code to tell "out of
/// memory" from "damaged".
/// </summary>
public static class RuntimeErrors
{
    private static readonly string[] s_cancelled = ["terminate flag"];

    private static readonly string[] s_tooLarge =
    [
        "Failed to allocate memory",
        "is smaller than requested bytes",
        "out of memory",
        "bad_alloc",
        "bad allocation",
        "ALLOC_FAILED",
        "E_OUTOFMEMORY",
        "8007000E",
        "Not enough memory resources",
        "exceeds memory limit",
    ];

    private static readonly string[] s_modelBad =
    [
        "InvalidProtobuf",
        "INVALID_PROTOBUF",
        "InvalidGraph",
        "INVALID_GRAPH",
        "InvalidArgument",
        "INVALID_ARGUMENT",
        "NotImplemented",
        "NOT_IMPLEMENTED",
        "NoModel",
        "NO_MODEL",
        "NoSuchFile",
        "NO_SUCHFILE",
        "is not a registered function/op",
        "Load model from",
        "External data path",
        "Opset",
        "Unsupported model IR version",
        "shape inference",
        "ShapeInferenceError",
        "TypeInferenceError",
        "shape cannot be reshaped",
        "Got invalid dimensions",
    ];

    /// <summary>Tells what a failure means.</summary>
    /// <param name="exception">From a run or from the making of a session.</param>
    public static RuntimeErrorKind Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception is OutOfMemoryException)
            return RuntimeErrorKind.TooLarge;
        if (exception is OperationCanceledException || Says(exception, s_cancelled))
            return RuntimeErrorKind.Cancelled;
        if (Says(exception, s_tooLarge))
            return RuntimeErrorKind.TooLarge;
        return Says(exception, s_modelBad) ? RuntimeErrorKind.ModelBad : RuntimeErrorKind.Other;
    }

    /// <summary>What the runtime said in one line, without its source paths.</summary>
    /// <param name="exception">As in <see cref="Classify"/>.</param>
    internal static string Summary(Exception exception)
    {
        string text = string.Join(' ', exception.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        int code = text.StartsWith('[') ? text.IndexOf(']') : -1;
        text = text[(code + 1)..].Trim();
        return text.Length > 300 ? text[..300] + "..." : text;
    }

    private static bool Says(Exception exception, string[] texts)
        => texts.Any(t => exception.Message.Contains(t, StringComparison.OrdinalIgnoreCase));
}
