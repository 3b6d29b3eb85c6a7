using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>Completes the ids of installed networks.</summary>
internal sealed class ModelCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => UpscaleEngine.Default.Models.Select(m => (m.Id, m.Purpose ?? m.Title));
}
