using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Import-UpscalePipeline</c>: reads pipelines from recipe files.</summary>
[Cmdlet(VerbsData.Import, "UpscalePipeline")]
[OutputType(typeof(UpscalePipeline))]
public sealed class ImportUpscalePipelineCommand : PipelineCommand
{
    /// <summary>Recipe files; wildcards name several. A file whose name has brackets in it is found by its name too.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            try
            {
                foreach (string file in FilePaths.Expand(this, path, folders: false))
                    WriteObject(Upscaler.Recipes.Read(file));
            }
            catch (UpscaleException e)
            {
                WriteError(Failures.Record(e, path));
            }
        }
    }
}
