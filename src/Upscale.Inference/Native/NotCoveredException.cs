namespace Upscale.Inference.Native;

/// <summary>A network has something that the kernels do not compute.</summary>
/// <param name="message">What, for a log.</param>
internal sealed class NotCoveredException(string message) : Exception(message);
