namespace Upscale.Inference;

/// <summary>What came out of one trial.</summary>
/// <param name="Width">Width of the input.</param>
/// <param name="Height">Height of the input.</param>
/// <param name="Output">Name of the output with the picture.</param>
/// <param name="OutputType">Its number type.</param>
/// <param name="Picture">The picture, owned; values as the graph gave them, not divided by white.</param>
internal sealed record TrialRun(int Width, int Height, string Output, string OutputType, Tile Picture) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Picture.Dispose();
}
