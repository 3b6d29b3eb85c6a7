using Upscale.Diffusion.Colour;

namespace Upscale.Finishing;

/// <summary>A stage that puts what comes in beside the picture that came into the recipe, enlarged to the same size by bicubic interpolation.</summary>
/// <param name="id">Of the stage.</param>
/// <param name="services">What the engine offers.</param>
internal abstract class ComparedStage(string id, IStageServices services) : IConditionedStage
{
    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(new StagePlan { Output = input, MemoryBytes = MemoryBytes(input) });

    public virtual bool WantsOriginal(ImageShape original) => true;

    /// <summary>Without the picture that came in there is none to compare with, or it is not wanted: everything stays as it is.</summary>
    public IStripSource Connect(IStripSource input)
    {
        if (WantsOriginal(input.Shape))
            services.Warn($"The stage '{id}' comes first, where there is nothing to compare the picture with: it changes nothing. Put it behind a stage that enlarges.");
        return new CountedSource(input, services);
    }

    public IStripSource Connect(IStripSource input, IStripSource original)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new CountedSource(Compare(input, new ReferenceSource(original, input.Shape, services)), services);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Working memory in bytes.</summary>
    protected virtual long MemoryBytes(ImageShape input) => 0;

    /// <summary>The result.</summary>
    /// <param name="picture">What came in; owned by the result.</param>
    /// <param name="reference">Of the same size; owned by the result.</param>
    protected abstract IStripSource Compare(IStripSource picture, IStripSource reference);
}
