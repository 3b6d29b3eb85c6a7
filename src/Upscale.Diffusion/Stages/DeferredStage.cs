namespace Upscale.Diffusion.Stages;

/// <summary>A stage that turns out to be one or another as soon as its model is known, which is when it is planned.</summary>
public abstract class DeferredStage : ILatentStage, IConditionedStage
{
    private IStage? _chosen;

    /// <inheritdoc/>
    public LatentSpace? InputSpace => (_chosen as ILatentStage)?.InputSpace;

    /// <inheritdoc/>
    public LatentSpace? OutputSpace => (_chosen as ILatentStage)?.OutputSpace;

    private IStage Chosen => _chosen ?? throw new InvalidOperationException("The stage was not planned.");

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        _chosen = await ChooseAsync(input, cancellationToken).ConfigureAwait(false);
        return await _chosen.PlanAsync(input, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool WantsOriginal(ImageShape original) => (Chosen as IConditionedStage)?.WantsOriginal(original) ?? false;

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input) => Chosen.Connect(input);

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents)
        => takesLatents || givesLatents ? ((ILatentStage)Chosen).Connect(input, takesLatents, givesLatents) : Chosen.Connect(input);

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input, IStripSource original) => ((IConditionedStage)Chosen).Connect(input, original);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_chosen is not null)
            await _chosen.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Finds the model and makes the stage for it; not planned yet.</summary>
    /// <param name="input">The size that comes in.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="UpscaleException">The model, or an option, does not fit.</exception>
    protected abstract ValueTask<IStage> ChooseAsync(ImageShape input, CancellationToken cancellationToken);
}
