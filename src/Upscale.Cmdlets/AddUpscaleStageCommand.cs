using System.Collections;
using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Add-UpscaleStage</c>: adds a stage to a pipeline. The options that the stage declares are parameters.</summary>
[Cmdlet(VerbsCommon.Add, "UpscaleStage")]
[OutputType(typeof(UpscalePipeline))]
public sealed class AddUpscaleStageCommand : PipelineChangeCommand, IDynamicParameters
{
    private RuntimeDefinedParameterDictionary? _options;

    /// <summary>Id of the stage, as <c>Get-UpscaleStage</c> lists it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [NameOf(nameof(StageInfo.Id))]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "";

    /// <summary>Place before which it goes, from 0, or from -1 backwards from the end. Default: behind the last stage.</summary>
    [Parameter]
    public int? Index { get; set; }

    /// <summary>Options by name, beside those that are parameters.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Option { get; set; }

    /// <inheritdoc/>
    public object GetDynamicParameters() => _options = StageOptionParameters.Create(Id, GetType());

    /// <inheritdoc/>
    private protected override UpscalePipeline Change(UpscalePipeline pipeline)
    {
        List<StageSpec> stages = [.. pipeline.Stages];
        stages.Insert(Index is null ? stages.Count : Find(pipeline, null, Index), new StageSpec(Id, StageOptionParameters.Given(this, _options, Option)));
        return pipeline with { Stages = stages };
    }
}
