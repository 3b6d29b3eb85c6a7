using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>A cmdlet that makes a pipeline of another one.</summary>
public abstract class PipelineChangeCommand : PipelineCommand
{
    /// <summary>The pipeline, which itself stays as it is: one that was made here, the name of an installed one, or the path of a recipe.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [ValidateNotNull]
    public object Pipeline { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            WriteObject(Upscaler.Recipes.Check(Change(PipelineArgument.Read(this, Pipeline, Upscaler)), Folder));
        }
        catch (UpscaleException e)
        {
            ThrowTerminatingError(Failures.Record(e, Pipeline));
        }
    }

    /// <summary>The other pipeline.</summary>
    private protected abstract UpscalePipeline Change(UpscalePipeline pipeline);

    /// <summary>Place of the stage that an id or an index names.</summary>
    /// <param name="pipeline">Where to look.</param>
    /// <param name="id">Id of the stage; null for any.</param>
    /// <param name="index">From 0, or from -1 backwards from the end; null where the id is enough.</param>
    private protected static int Find(UpscalePipeline pipeline, string? id, int? index)
    {
        if (index is { } given)
        {
            int at = given < 0 ? pipeline.Stages.Count + given : given;
            if (at < 0 || at >= pipeline.Stages.Count)
                throw Invalid(pipeline, $"has no stage {given}");
            if (id is not null && !pipeline.Stages[at].Id.Equals(id, StringComparison.OrdinalIgnoreCase))
                throw Invalid(pipeline, $"has another stage than '{id}' at {given}");
            return at;
        }

        int[] found = [.. Enumerable.Range(0, pipeline.Stages.Count).Where(i => pipeline.Stages[i].Id.Equals(id, StringComparison.OrdinalIgnoreCase))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw Invalid(pipeline, $"has no stage '{id}'"),
            _ => throw Invalid(pipeline, $"has several stages '{id}': say which by -Index ({string.Join(", ", found)})"),
        };
    }

    private static UpscaleException Invalid(UpscalePipeline pipeline, string what)
        => new(UpscaleErrorId.PipelineInvalid, $"The pipeline '{pipeline.Name}' {what}. Its stages are: {string.Join(", ", pipeline.Stages.Select((s, i) => $"{i} {s.Id}"))}.");
}
