using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>Get-UpscalePipeline</c>: the installed pipelines: those of the module, and those in ~/.upscale/recipes.</summary>
[Cmdlet(VerbsCommon.Get, "UpscalePipeline")]
[OutputType(typeof(UpscalePipeline))]
public sealed class GetUpscalePipelineCommand : PSCmdlet
{
    /// <summary>Names, with wildcards.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        RecipeBook recipes = UpscaleEngine.Default.Recipes;
        List<UpscalePipeline> installed = [];
        foreach (string name in recipes.Names)
        {
            try
            {
                installed.Add(recipes.Find(name, "/") with { Name = name });
            }
            catch (UpscaleException e)
            {
                WriteError(Failures.Record(e, name));
            }
        }

        NameFilter.Write(this, Name, installed, p => p.Name, UpscaleErrorId.PipelineNotFound);
    }
}
