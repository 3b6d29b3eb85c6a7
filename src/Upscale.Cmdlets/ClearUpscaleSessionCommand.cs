using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Clear-UpscaleSession</c>: unloads networks, idle ones at once, busy ones when they are done.</summary>
[Cmdlet(VerbsCommon.Clear, "UpscaleSession", SupportsShouldProcess = true)]
public sealed class ClearUpscaleSessionCommand : PSCmdlet
{
    /// <summary>Ids of networks, with wildcards; all when none is given.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Model { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        UpscaleEngine engine = UpscaleEngine.Default;
        WildcardPattern[] patterns = [.. (Model ?? ["*"]).Select(m => new WildcardPattern(m, WildcardOptions.IgnoreCase))];
        foreach (string model in engine.Sessions.Select(s => s.Model).Distinct().Where(m => patterns.Any(p => p.IsMatch(m))))
        {
            if (ShouldProcess(model, "Unload the network"))
                engine.ClearSessions(model);
        }
    }
}
