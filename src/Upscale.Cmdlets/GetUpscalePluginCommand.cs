using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscalePlugin</c>: the plugins that were found, usable or not. Loads none.</summary>
[Cmdlet(VerbsCommon.Get, "UpscalePlugin")]
[OutputType(typeof(PluginInfo))]
public sealed class GetUpscalePluginCommand : PSCmdlet
{
    /// <summary>Ids, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
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
        this, PluginPath, Force, engine => NameFilter.Write(this, Name, engine.Plugins, p => p.Id, UpscaleErrorId.PluginNotLoaded));
}
