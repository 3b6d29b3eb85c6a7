using Upscale;

namespace Faulty;

/// <summary>Gives its input back, but for one fault.</summary>
internal sealed class FaultyStage(string fault, int? only, IStageServices services) : IStage
{
    private string _fault = fault;

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        if (only is { } width && width != input.Width)
            _fault = "none";
        return _fault == "plan" ? throw new FaultException("cannot plan") : ValueTask.FromResult(new StagePlan { Output = input });
    }

    public IStripSource Connect(IStripSource input) => _fault == "connect" ? throw new FaultException("cannot connect") : new FaultySource(input, _fault, services);

    public ValueTask DisposeAsync() => _fault == "end" ? throw new FaultException("cannot end") : ValueTask.CompletedTask;
}
