using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Upscale.Commands;

/// <summary>
/// Completes names. It runs at every press of the key in the user's session, so it must be cheap: no network is loaded and no
/// device probed for it.
/// </summary>
internal abstract class NameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = wordToComplete.Trim('\'', '"');
        try
        {
            return [.. Candidates(word)
                .Where(c => c.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(c => new CompletionResult(Quote(c.Text), c.Text, CompletionResultType.ParameterValue, string.IsNullOrWhiteSpace(c.Tip) ? c.Text : c.Tip))];
        }
        catch (UpscaleException)
        {
            return [];
        }
    }

    /// <summary>What could stand there, each with a tip.</summary>
    /// <param name="word">What stands there so far.</param>
    protected abstract IEnumerable<(string Text, string? Tip)> Candidates(string word);

    private static string Quote(string text)
        => text.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '=' or '+') ? text : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
