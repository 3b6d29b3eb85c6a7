using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscaleStage</c>: what can be chained, with its options. Loads no plugin.</summary>
[Cmdlet(VerbsCommon.Get, "UpscaleStage")]
[OutputType(typeof(StageInfo))]
public sealed class GetUpscaleStageCommand : PSCmdlet
{
    /// <summary>Ids, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
        => NameFilter.Write(this, Name, UpscaleEngine.Default.Stages, s => s.Id, UpscaleErrorId.StageNotFound);
}
