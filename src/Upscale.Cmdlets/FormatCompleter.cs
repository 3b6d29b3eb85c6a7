using Upscale.Imaging;

namespace Upscale.Commands;

/// <summary>Completes the names of file formats, also of those that the loaded libvips cannot write: to know, it would have to be loaded.</summary>
internal sealed class FormatCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => ImageFormats.All.Where(f => f != ImageFormats.Bmp).Select(f => (f.Name, (string?)string.Join(", ", f.Extensions)));
}
