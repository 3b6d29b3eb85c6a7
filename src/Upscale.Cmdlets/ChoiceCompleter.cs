using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>Completes the values of an option that several stages have: all that any of them declares.</summary>
/// <param name="option">Name of the option.</param>
internal abstract class ChoiceCompleter(string option) : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => UpscaleEngine.Default.Choices(option).Select(c => (c, (string?)null));
}
