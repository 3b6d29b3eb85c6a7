namespace Upscale.Diffusion.Stages;

/// <summary>A stage that enlarges, followed by back-projections onto what it enlarged.</summary>
/// <param name="enlarging">Owned.</param>
/// <param name="strength">0 for the stage as it is, up to 1.</param>
/// <param name="services">What the engine offers.</param>
public sealed class ConsistentStage(IStage enlarging, double strength, IStageServices services) : IStage
{
    private const int Iterations = 2;

    private readonly BackProjection? _correction = strength > 0 ? new BackProjection(strength, Iterations, services) : null;

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        StagePlan plan = await enlarging.PlanAsync(input, cancellationToken).ConfigureAwait(false);
        if (_correction is not null)
            await _correction.PlanAsync(input, plan.Output, cancellationToken).ConfigureAwait(false);
        return plan;
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
    {
        if (_correction is null)
            return enlarging.Connect(input);
        var tee = new StripTee(input);
        return _correction.Connect(tee.First, enlarging.Connect(tee.Second));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await enlarging.DisposeAsync().ConfigureAwait(false);
        if (_correction is not null)
            await _correction.DisposeAsync().ConfigureAwait(false);
    }
}
