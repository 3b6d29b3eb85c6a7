namespace Upscale.Pipelines.Running;

/// <summary>
/// A stage as the engine and other stages see it: nothing that goes wrong in it gets out without its name, nor stops what does not need it.
/// It is each kind of stage that the stage itself is.
/// </summary>
internal sealed class GuardedStage(IStage stage, StageGuard guard) : ILatentStage, IConditionedStage
{
    private ImageShape _promised;

    public LatentSpace? InputSpace => guard.Call(() => (stage as ILatentStage)?.InputSpace);

    public LatentSpace? OutputSpace => guard.Call(() => (stage as ILatentStage)?.OutputSpace);

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        StagePlan plan = await guard.CallAsync(() => stage.PlanAsync(input, cancellationToken), cancellationToken).ConfigureAwait(false)
            ?? throw guard.Origin.Broken("has no plan");
        if (plan.Output.Width < 1 || plan.Output.Height < 1 || plan.Output.Channels < 1)
            throw guard.Origin.Broken($"promises a picture of {plan.Output}, which is none");
        _promised = plan.Output;
        return plan;
    }

    public bool WantsOriginal(ImageShape original) => guard.Call(() => stage is IConditionedStage conditioned && conditioned.WantsOriginal(original));

    public IStripSource Connect(IStripSource input) => Connect(_promised, inputs => stage.Connect(inputs[0]), input);

    public IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents) => Connect(
        givesLatents ? OutputSpace!.Shape(_promised) : _promised,
        inputs => ((ILatentStage)stage).Connect(inputs[0], takesLatents, givesLatents),
        input);

    public IStripSource Connect(IStripSource input, IStripSource original)
        => Connect(_promised, inputs => ((IConditionedStage)stage).Connect(inputs[0], inputs[1]), input, original);

    public async ValueTask DisposeAsync()
    {
        if (guard.LeftBehind is { } ending)
        {
            _ = DisposeLateAsync(ending);
            return;
        }

        await guard.EndAsync(stage.DisposeAsync).ConfigureAwait(false);
        if (guard.Buffers.Buffers > 0)
        {
            guard.Services.Warn(
                $"{guard.Origin} forgot {guard.Buffers.Buffers} buffers of {guard.Buffers.Bytes} bytes in all: that memory is lost until the program ends. Tell its author.");
        }
    }

    private IStripSource Connect(ImageShape promised, Func<InputGate[], IStripSource> connect, params IStripSource[] inputs)
    {
        InputGate[] gates = [.. inputs.Select(i => new InputGate(i, guard))];
        return new GuardedSource(guard.Call(() => connect(gates)) ?? throw guard.Origin.Broken("gives nothing to read"), gates, promised, guard);
    }

    private async Task DisposeLateAsync(Task ending)
    {
        await ending.ConfigureAwait(false);
        await guard.EndAsync(stage.DisposeAsync).ConfigureAwait(false);
    }
}
