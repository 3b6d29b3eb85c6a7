using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Export-UpscalePipeline</c>: writes a pipeline as a recipe file. Networks and pictures beside the file are named relative to it, so that a folder can be shared whole.</summary>
[Cmdlet(VerbsData.Export, "UpscalePipeline", SupportsShouldProcess = true)]
[OutputType(typeof(UpscalePipeline))]
public sealed class ExportUpscalePipelineCommand : PipelineCommand
{
    /// <summary>The file to be written; its folder is made when it is missing.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The pipeline.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [ValidateNotNull]
    public object Pipeline { get; set; } = "";

    /// <summary>Replaces an existing file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the pipeline out too.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            UpscalePipeline pipeline = PipelineArgument.Read(this, Pipeline, Upscaler);
            string path = FilePaths.Literal(this, Path);
            if (ShouldProcess(path, $"Write the pipeline '{pipeline.Name}'"))
                Upscaler.Recipes.Write(pipeline, path, Force);
            if (PassThru)
                WriteObject(pipeline with { Path = path });
        }
        catch (UpscaleException e)
        {
            WriteError(Failures.Record(e, Path));
        }
    }
}
