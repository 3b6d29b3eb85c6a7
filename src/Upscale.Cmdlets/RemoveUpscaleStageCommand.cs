using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Remove-UpscaleStage</c>: takes a stage out of a pipeline.</summary>
[Cmdlet(VerbsCommon.Remove, "UpscaleStage")]
[OutputType(typeof(UpscalePipeline))]
public sealed class RemoveUpscaleStageCommand : PipelineChangeCommand
{
    /// <summary>Id of the stage.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>Its place in the pipeline: from 0, or from -1 backwards from the end.</summary>
    [Parameter]
    public int? Index { get; set; }

    /// <inheritdoc/>
    private protected override UpscalePipeline Change(UpscalePipeline pipeline)
    {
        if (Id is null && Index is null)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, "Which stage is to be removed? Give its -Id or its -Index.");
        int at = Find(pipeline, Id, Index);
        return pipeline with { Stages = [.. pipeline.Stages.Where((_, i) => i != at)] };
    }
}
