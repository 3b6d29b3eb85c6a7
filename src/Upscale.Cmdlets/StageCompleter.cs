using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>Completes stages: their ids, after the colon their options, and after the equals sign the values that are known.</summary>
internal sealed class StageCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
    {
        UpscaleEngine engine = UpscaleEngine.Default;
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return engine.Stages.Select(s => (s.Id, s.Summary));
        if (engine.Stages.FirstOrDefault(s => s.Id.Equals(word[..colon], StringComparison.OrdinalIgnoreCase)) is not { } stage)
            return [];
        int begin = word.LastIndexOfAny([':', ',']) + 1;
        int equals = word.IndexOf('=', begin);
        if (equals < 0)
            return stage.Options.Select(o => ($"{word[..begin]}{o.Name}=", o.Help));
        OptionInfo? option = stage.Options.FirstOrDefault(o => o.Name.Equals(word[begin..equals], StringComparison.OrdinalIgnoreCase));
        IEnumerable<string> values = option?.Type switch
        {
            "choice" => option.Choices,
            "switch" => ["true", "false"],
            "model" => engine.Models.Select(m => m.Id),
            _ => [],
        };
        return values.Select(v => ($"{word[..(equals + 1)]}{v}", (string?)null));
    }
}
