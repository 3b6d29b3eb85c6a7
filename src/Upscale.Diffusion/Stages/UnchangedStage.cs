namespace Upscale.Diffusion.Stages;

/// <summary>Gives the picture on as it is: a refinement of strength 0.</summary>
public sealed class UnchangedStage : IStage
{
    /// <inheritdoc/>
    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new StagePlan { Output = input });

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input) => input;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
