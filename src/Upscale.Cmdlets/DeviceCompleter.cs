using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>Completes the names of devices.</summary>
internal sealed class DeviceCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Text, string? Tip)> Candidates(string word)
        => UpscaleEngine.Default.DeviceNames.Select(d => (d, (string?)null));
}
