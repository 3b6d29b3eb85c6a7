namespace Upscale.Diffusion.Denoising;

/// <summary>
/// Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), table 1, with data of standard deviation 1: the sampler gets
/// x0 = x / (sigma^2 + 1) + sigma / sqrt(sigma^2 + 1) F, where the network F sees x / sqrt(sigma^2 + 1) and ln(sigma) / 4.
/// </summary>
/// <param name="scheduler">Written in sigmas, with steps set.</param>
public sealed class KarrasPreconditioning(IScheduler scheduler) : IPreconditioning
{
    /// <inheritdoc/>
    public double Timestep(int call) => Math.Log(scheduler.Sigmas[call]) / 4;

    /// <inheritdoc/>
    public void Scale(int call, ReadOnlySpan<float> sample, Span<float> result)
        => Linear.Scale(result, 1 / Math.Sqrt((scheduler.Sigmas[call] * scheduler.Sigmas[call]) + 1), sample);

    /// <inheritdoc/>
    public void Finish(int call, ReadOnlySpan<float> sample, Span<float> answer)
    {
        double sigma = scheduler.Sigmas[call], variance = (sigma * sigma) + 1;
        Linear.Combine(answer, 1 / variance, sample, sigma / Math.Sqrt(variance), answer);
    }
}
