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

    /// <summary>Further folders that are plugins or whose sub-folders are.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? PluginPath { get; set; }

    /// <summary>Takes plugins too whose files others could change.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => PluginPathArgument.With(
        this, PluginPath, Force, engine => NameFilter.Write(this, Name, engine.Stages, s => s.Id, UpscaleErrorId.StageNotFound));
}
