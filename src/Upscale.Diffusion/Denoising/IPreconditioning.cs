namespace Upscale.Diffusion.Denoising;

/// <summary>What stands between a sampler and its network: how latents are scaled for it, which timestep it is told, what its answer means.</summary>
public interface IPreconditioning
{
    /// <summary>What the network is told.</summary>
    /// <param name="call">Index in <see cref="IScheduler.Timesteps"/>.</param>
    double Timestep(int call);

    /// <summary>What the network is to see.</summary>
    /// <param name="call">Index in <see cref="IScheduler.Timesteps"/>.</param>
    /// <param name="sample">Latents as they are now.</param>
    /// <param name="result">As long as <paramref name="sample"/>; may be the same memory.</param>
    void Scale(int call, ReadOnlySpan<float> sample, Span<float> result);

    /// <summary>What the sampler is to get.</summary>
    /// <param name="call">Index in <see cref="IScheduler.Timesteps"/>.</param>
    /// <param name="sample">Latents as they are now, not scaled.</param>
    /// <param name="answer">As long as <paramref name="sample"/>: what the network said; receives what the sampler gets.</param>
    void Finish(int call, ReadOnlySpan<float> sample, Span<float> answer);
}
