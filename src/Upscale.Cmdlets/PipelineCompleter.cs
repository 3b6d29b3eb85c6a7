using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>Completes the names of installed pipelines; recipes elsewhere are completed as files.</summary>
internal sealed class PipelineCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => UpscaleEngine.Default.Recipes.Names.Select(name => (name, (string?)null));
}
