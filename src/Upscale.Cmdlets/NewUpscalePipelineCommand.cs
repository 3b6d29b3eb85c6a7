using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>New-UpscalePipeline</c>: begins a chain of stages, to which <c>Add-UpscaleStage</c> adds.</summary>
[Cmdlet(VerbsCommon.New, "UpscalePipeline")]
[OutputType(typeof(UpscalePipeline))]
public sealed class NewUpscalePipelineCommand : PipelineCommand
{
    /// <summary>Name of the pipeline.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "pipeline";

    /// <summary>What it is good for, in a sentence.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Description { get; set; }

    /// <summary>Stages to begin with: texts <c>ID:key=value,...</c> or dictionaries with <c>id</c> and options.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public object[]? Stage { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            var pipeline = new UpscalePipeline { Name = Name, Description = Description, Stages = StageArgument.ToSpecs(Stage ?? []) };
            WriteObject(Upscaler.Recipes.Check(pipeline, Folder));
        }
        catch (UpscaleException e)
        {
            ThrowTerminatingError(Failures.Record(e, Name));
        }
    }
}
