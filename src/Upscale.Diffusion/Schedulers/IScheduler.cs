namespace Upscale.Diffusion;

/// <summary>
/// A sampler: leads a noisy picture, step by step, to the one that a network sees in it. Made by <see cref="Scheduler.Create"/>;
/// holds the history of one picture and serves one at a time.
/// <code>
/// scheduler.SetSteps(20);                        // sample = noise * InitNoiseSigma, or AddNoise(clean, noise, 0, sample)
/// foreach (double t in scheduler.Timesteps)
/// {
///     scheduler.ScaleModelInput(sample, input);
///     ...                                        // output = network(input, t)
///     scheduler.Step(output, sample, noise);
/// }
/// </code>
/// </summary>
public interface IScheduler
{
    /// <summary>Calls of the network in one step: 1, or 2 for Heun and DPM2.</summary>
    int Order { get; }

    /// <summary>
    /// What the network is told at each call, largest first: 0 to the number of training steps, whole or fractional. Several calls may
    /// have the same. Empty before <see cref="SetSteps"/> and at strength 0.
    /// </summary>
    IReadOnlyList<double> Timesteps { get; }

    /// <summary>
    /// Standard deviation of the noise over the picture at each call, and at the end as one more: the i-th belongs to the i-th of
    /// <see cref="Timesteps"/>. Empty for samplers that are not written in sigmas.
    /// </summary>
    IReadOnlyList<double> Sigmas { get; }

    /// <summary>Standard deviation of the pure noise that the first step expects.</summary>
    double InitNoiseSigma { get; }

    /// <summary>Plans a picture and forgets the last one.</summary>
    /// <param name="steps">At least 1, at most the number of training steps.</param>
    /// <param name="strength">
    /// 0 to 1: only the last min(int(steps * strength), steps) steps are made, from a picture with noise added; null for all of them, from
    /// pure noise.
    /// </param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: a value out of range.</exception>
    void SetSteps(int steps, double? strength = null);

    /// <summary>What the network is to see at the next call.</summary>
    /// <param name="sample">The picture as it is now.</param>
    /// <param name="result">As long as <paramref name="sample"/>; may be the same memory.</param>
    void ScaleModelInput(ReadOnlySpan<float> sample, Span<float> result);

    /// <summary>Takes one answer of the network and goes on to the next call.</summary>
    /// <param name="modelOutput">The answer to the scaled sample at the current timestep.</param>
    /// <param name="sample">The picture before the call; receives the one after it. As long as <paramref name="modelOutput"/>.</param>
    /// <param name="noise">Fills a span with normal noise; called for each draw of a stochastic sampler, in order.</param>
    void Step(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise);

    /// <summary>The clean picture as it would be at a call.</summary>
    /// <param name="clean">A picture without noise.</param>
    /// <param name="noise">Normal noise of standard deviation 1.</param>
    /// <param name="call">Index in <see cref="Timesteps"/>.</param>
    /// <param name="result">As long as both; may be the memory of either.</param>
    void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result);
}
