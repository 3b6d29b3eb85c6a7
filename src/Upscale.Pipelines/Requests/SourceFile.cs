namespace Upscale.Pipelines;

/// <summary>A picture found by <see cref="SourceExpander"/>.</summary>
/// <param name="Path">Full path.</param>
/// <param name="RelativeFolder">Its folder relative to the folder that was searched; null when it was named itself.</param>
public sealed record SourceFile(string Path, string? RelativeFolder);
