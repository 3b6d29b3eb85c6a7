using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Add-UpscaleStage</c>: adds a stage to a pipeline. The options that the stage declares are parameters.</summary>
[Cmdlet(VerbsCommon.Add, "UpscaleStage")]
[OutputType(typeof(UpscalePipeline))]
public sealed class AddUpscaleStageCommand : StageOptionsCommand
{
    /// <summary>Place before which it goes, from 0, or from -1 backwards from the end. Default: behind the last stage.</summary>
    [Parameter]
    public int? Index { get; set; }

    /// <inheritdoc/>
    private protected override UpscalePipeline Change(UpscalePipeline pipeline)
    {
        List<StageSpec> stages = [.. pipeline.Stages];
        stages.Insert(Index is null ? stages.Count : Find(pipeline, null, Index), new StageSpec(Id, GivenOptions()));
        return pipeline with { Stages = stages };
    }
}
