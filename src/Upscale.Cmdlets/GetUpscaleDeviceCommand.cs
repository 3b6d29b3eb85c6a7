using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscaleDevice</c>: what can run networks, and for what cannot, why.</summary>
[Cmdlet(VerbsCommon.Get, "UpscaleDevice")]
[OutputType(typeof(DeviceInfo))]
public sealed class GetUpscaleDeviceCommand : PSCmdlet
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
        => NameFilter.Write(this, Name, UpscaleEngine.Default.Devices, d => d.Name, UpscaleErrorId.DeviceNotAvailable);
}
