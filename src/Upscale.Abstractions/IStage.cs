namespace Upscale;

/// <summary>
/// One step of a pipeline, made for one picture by <see cref="IStageFactory"/>: first planned, then connected, then pulled.
/// </summary>
public interface IStage : IAsyncDisposable
{
    /// <summary>
    /// Tells what will come out for a picture of this size. Called once, before <see cref="Connect"/>; no work on pixels.
    /// </summary>
    /// <param name="input">The size that comes in.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    /// <exception cref="UpscaleException">The stage refuses: the message says why and what to do.</exception>
    ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken);

    /// <summary>The result as a source over <paramref name="input"/>: lazy, pulling does the work.</summary>
    /// <param name="input">Of the planned size; the returned source owns and disposes it.</param>
    IStripSource Connect(IStripSource input);
}
