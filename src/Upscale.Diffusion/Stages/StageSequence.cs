namespace Upscale.Diffusion.Stages;

/// <summary>Stages in a row inside one stage.</summary>
public sealed class StageSequence : IAsyncDisposable
{
    private readonly List<(IStage Stage, StagePlan Plan)> _stages = [];

    /// <summary>The plan of all of them together.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public StagePlan Plan => _stages.Count == 0 ? throw new InvalidOperationException("There is no stage.") : new StagePlan
    {
        Output = _stages[^1].Plan.Output,
        Halo = _stages.Sum(s => s.Plan.Halo),
        Tiles = _stages.Sum(s => s.Plan.Tiles),
        MemoryBytes = _stages.Sum(s => s.Plan.MemoryBytes),
        Operations = _stages.Sum(s => s.Plan.Operations),
        Models = [.. _stages.SelectMany(s => s.Plan.Models)],
        Device = _stages.Select(s => s.Plan.Device).FirstOrDefault(d => d is not null),
        Warnings = [.. _stages.SelectMany(s => s.Plan.Warnings)],
    };

    /// <summary>Plans a stage behind the others; it is disposed with them, also when it refuses.</summary>
    /// <returns>What comes out of it.</returns>
    public async ValueTask<ImageShape> AddAsync(IStage stage, ImageShape input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stage);
        StagePlan plan;
        try
        {
            plan = await stage.PlanAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await stage.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        _stages.Add((stage, plan));
        return plan.Output;
    }

    /// <summary>The result as a source over <paramref name="input"/>, which it owns.</summary>
    public IStripSource Connect(IStripSource input) => _stages.Aggregate(input, (source, s) => s.Stage.Connect(source));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((IStage stage, _) in _stages)
            await stage.DisposeAsync().ConfigureAwait(false);
        _stages.Clear();
    }
}
