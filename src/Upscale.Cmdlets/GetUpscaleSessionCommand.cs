using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscaleSession</c>: the networks that are loaded in this process, whichever runspace loaded them.</summary>
[Cmdlet(VerbsCommon.Get, "UpscaleSession")]
[OutputType(typeof(SessionInfo))]
public sealed class GetUpscaleSessionCommand : PSCmdlet
{
    /// <summary>Ids of networks, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Model { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IEnumerable<WildcardPattern> patterns = (Model ?? ["*"]).Select(m => new WildcardPattern(m, WildcardOptions.IgnoreCase));
        WriteObject(UpscaleEngine.Default.Sessions.Where(s => patterns.Any(p => p.IsMatch(s.Model))), enumerateCollection: true);
    }
}
