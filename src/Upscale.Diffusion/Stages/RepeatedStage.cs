using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Stages;

/// <summary>
/// A network applied as often as the factor needs, and an interpolation to the exact size where the network's own factor does not meet it. A gray
/// picture goes through as three equal planes and comes out as their mean. Applied once and left as it is, it can take and give latents where the network can.
/// </summary>
/// <param name="options">With <c>scale</c>, <c>width</c> and <c>height</c>.</param>
/// <param name="consistency">0..1: how far each enlargement is made to agree with what it enlarged.</param>
/// <param name="services">What the engine offers.</param>
/// <param name="makePass">Makes an enlargement of RGB by the network's own factor; given the number of the pass, from 0, whose noise is its own.</param>
public sealed class RepeatedStage(StageOptions options, double consistency, IStageServices services, Func<int, IStage> makePass) : ILatentStage
{
    private readonly StageSequence _passes = new();
    private ILatentStage? _only;
    private bool _gray;

    /// <inheritdoc/>
    public LatentSpace? InputSpace => _only?.InputSpace;

    /// <inheritdoc/>
    public LatentSpace? OutputSpace => _only?.OutputSpace;

    /// <inheritdoc/>
    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        ImageShape? target = TargetSize.Resolve(input, options.GetNumber("scale"), options.GetInteger("width"), options.GetInteger("height"));
        _gray = input.Channels == 1;
        ImageShape size = input with { Channels = 3 };
        int count = 0;
        do
        {
            IStage pass = makePass(count++);
            _only = count == 1 && consistency == 0 ? pass as ILatentStage : null;
            size = await _passes.AddAsync(consistency > 0 ? new ConsistentStage(pass, consistency, services) : pass, size, cancellationToken).ConfigureAwait(false);
        }
        while (target is { } wanted && (size.Width < wanted.Width || size.Height < wanted.Height));

        if (target is { } exact && (size.Width, size.Height) != (exact.Width, exact.Height))
        {
            _only = null;
            IStage resampling = services.CreateStage("interpolation", new Dictionary<string, object> { ["width"] = exact.Width, ["height"] = exact.Height });
            await _passes.AddAsync(resampling, size, cancellationToken).ConfigureAwait(false);
        }

        StagePlan plan = _passes.Plan;
        return plan with { Output = plan.Output with { Channels = input.Channels } };
    }

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input)
        => _gray ? new MeanSource(_passes.Connect(new WideSource(input))) : _passes.Connect(input);

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents)
    {
        if (!takesLatents && !givesLatents)
            return Connect(input);
        ILatentStage only = _only ?? throw new InvalidOperationException("The stage has no latents.");
        IStripSource result = only.Connect(_gray && !takesLatents ? new WideSource(input) : input, takesLatents, givesLatents);
        return _gray && !givesLatents ? new MeanSource(result) : result;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _passes.DisposeAsync();
}
