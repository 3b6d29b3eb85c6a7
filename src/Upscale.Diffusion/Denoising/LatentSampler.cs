namespace Upscale.Diffusion.Denoising;

/// <summary>Leads noisy latents to clean ones: all steps of a sampler over a whole picture.</summary>
public static class LatentSampler
{
    /// <summary>Runs all steps.</summary>
    /// <param name="latents">As the first step expects them; receives the result.</param>
    /// <param name="scheduler">With steps set.</param>
    /// <param name="preconditioning">Of the network.</param>
    /// <param name="denoiser">The network.</param>
    /// <param name="noise">Of the picture; fields from 0 on.</param>
    /// <param name="afterStep">Told after each call of the network, with its index; may change the latents. Null for nobody.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public static async Task RunAsync(
        Tile latents, IScheduler scheduler, IPreconditioning preconditioning, Denoiser denoiser, INoise noise, Action<int>? afterStep, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(denoiser);
        using var answer = new Tile(latents.Width, latents.Height, latents.Channels);
        int field = 0;
        void Draw(Span<float> values) => Fill(noise, field++, latents.Width, latents.Height, values);
        for (int call = 0; call < scheduler.Timesteps.Count; call++)
        {
            await denoiser.AskAsync(latents, preconditioning, call, answer, cancellationToken).ConfigureAwait(false);
            scheduler.Step(answer.Data.Span, latents.Data.Span, Draw);
            afterStep?.Invoke(call);
        }
    }

    /// <summary>One field of noise over a whole picture.</summary>
    /// <param name="noise">Of the picture.</param>
    /// <param name="field">One of <see cref="NoiseField"/>, or a draw of the sampler.</param>
    /// <param name="width">Of a plane.</param>
    /// <param name="height">Of a plane.</param>
    /// <param name="values">Plane by plane; receives the noise.</param>
    public static void Fill(INoise noise, int field, int width, int height, Span<float> values)
    {
        ArgumentNullException.ThrowIfNull(noise);
        for (int start = 0, row = 0; start < values.Length; start += width, row++)
            noise.Fill(field, row / height, 0, row % height, values.Slice(start, width));
    }
}
