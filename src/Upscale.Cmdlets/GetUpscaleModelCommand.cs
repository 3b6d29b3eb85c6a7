using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscaleModel</c>: the installed networks with their components. Loads none.</summary>
[Cmdlet(VerbsCommon.Get, "UpscaleModel")]
[OutputType(typeof(ModelCard))]
public sealed class GetUpscaleModelCommand : PSCmdlet
{
    /// <summary>Ids, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        UpscaleEngine engine = UpscaleEngine.Default;
        foreach (string error in engine.ModelErrors)
            WriteWarning(error);
        NameFilter.Write(this, Name, engine.Models, m => m.Id, UpscaleErrorId.ModelNotFound);
    }
}
