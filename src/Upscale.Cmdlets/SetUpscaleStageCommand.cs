using System.Management.Automation;

namespace Upscale.Commands;

/// <summary><c>Set-UpscaleStage</c>: changes options of a stage of a pipeline; those that are not given stay. The options that the stage declares are parameters.</summary>
[Cmdlet(VerbsCommon.Set, "UpscaleStage")]
[OutputType(typeof(UpscalePipeline))]
public sealed class SetUpscaleStageCommand : StageOptionsCommand
{
    /// <summary>Which of several with this id, by its place in the pipeline: from 0, or from -1 backwards from the end.</summary>
    [Parameter]
    public int? Index { get; set; }

    /// <summary>Names of options to be as if they had not been given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Reset { get; set; }

    /// <inheritdoc/>
    private protected override UpscalePipeline Change(UpscalePipeline pipeline)
    {
        int at = Find(pipeline, Id, Index);
        var options = new Dictionary<string, object>(pipeline.Stages[at].Options, StringComparer.OrdinalIgnoreCase);
        foreach (string name in Reset ?? [])
        {
            if (!options.Remove(name))
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The stage {at} '{Id}' of the pipeline '{pipeline.Name}' does not say '{name}'. It says: {string.Join(", ", options.Keys)}.");
        }

        foreach ((string name, object value) in GivenOptions())
            options[name] = value;
        return pipeline with { Stages = [.. pipeline.Stages.Select((stage, i) => i == at ? new StageSpec(stage.Id, options) : stage)] };
    }
}
