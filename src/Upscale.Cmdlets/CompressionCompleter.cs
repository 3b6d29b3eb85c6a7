using Upscale.Imaging;

namespace Upscale.Commands;

/// <summary>Completes the ways in which formats without loss pack.</summary>
internal sealed class CompressionCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => new[] { ImageFormats.Png, ImageFormats.Tiff }.SelectMany(f => f.Compressions.Select(c => (c, (string?)f.Name)));
}
