namespace Upscale.Diffusion.Pipelines;

/// <summary>
/// The guidance as a condition of the timestep, for networks that were distilled with it (Luo et al., "Latent Consistency Models", 2023): sines, then cosines of
/// w f_i with w = 1000 (guidance - 1) and f_i = 10000^(-i / (half - 1)).
/// </summary>
internal static class GuidanceEmbedding
{
    /// <param name="guidance">As for other networks: 1 is none.</param>
    /// <param name="size">Numbers, even.</param>
    public static float[] Of(double guidance, int size)
    {
        // In single precision, as networks were trained: the arguments are thousands of radians.
        int half = size / 2;
        float weight = (float)((guidance - 1) * 1000);
        float step = MathF.Log(10_000f) / (half - 1);
        float[] embedding = new float[size];
        for (int i = 0; i < half; i++)
        {
            float argument = MathF.Exp(-i * step) * weight;
            (embedding[i], embedding[half + i]) = (MathF.Sin(argument), MathF.Cos(argument));
        }

        return embedding;
    }
}
