namespace Upscale.Diffusion.Denoising;

/// <summary>A network that is trained for its sampler: the sampler scales, and takes the answer as it is.</summary>
/// <param name="scheduler">With steps set.</param>
public sealed class SchedulerPreconditioning(IScheduler scheduler) : IPreconditioning
{
    /// <inheritdoc/>
    public double Timestep(int call) => scheduler.Timesteps[call];

    /// <inheritdoc/>
    public void Scale(int call, ReadOnlySpan<float> sample, Span<float> result) => scheduler.ScaleModelInput(sample, result);

    /// <inheritdoc/>
    public void Finish(int call, ReadOnlySpan<float> sample, Span<float> answer)
    {
    }
}
