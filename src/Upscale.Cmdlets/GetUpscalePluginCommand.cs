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

    /// <inheritdoc/>
    protected override void EndProcessing()
        => NameFilter.Write(this, Name, UpscaleEngine.Default.Plugins, p => p.Id, UpscaleErrorId.PluginNotLoaded);
}
