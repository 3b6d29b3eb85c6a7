using Upscale.Imaging;

namespace Upscale.Commands;

/// <summary>Completes the names of colours.</summary>
internal sealed class BackgroundCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word) => RgbColour.Names.Select(n => (n, (string?)null));
}
