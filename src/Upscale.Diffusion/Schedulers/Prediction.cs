namespace Upscale.Diffusion;

/// <summary>Weights of a noisy picture and a network's answer in something wanted: sample * Sample + output * Output.</summary>
internal readonly record struct Weights(double Sample, double Output);

/// <summary>What a network's answer says of the picture x = alpha x0 + sigma noise, alpha^2 + sigma^2 = 1.</summary>
internal static class Prediction
{
    /// <summary>The key <c>prediction_type</c>.</summary>
    public static PredictionType Read(SchedulerConfig config) => config.Choice(
        "prediction_type",
        PredictionType.Epsilon,
        ("epsilon", PredictionType.Epsilon),
        ("sample", PredictionType.Sample),
        ("original_sample", PredictionType.Sample),
        ("v_prediction", PredictionType.V));

    /// <summary>The same for samplers that have no formula for a network that answers the clean picture.</summary>
    public static PredictionType ReadWithoutSample(SchedulerConfig config) => config.Choice(
        "prediction_type",
        PredictionType.Epsilon,
        ("epsilon", PredictionType.Epsilon),
        ("v_prediction", PredictionType.V));

    /// <summary>The clean picture x0.</summary>
    public static Weights Clean(PredictionType type, double alpha, double sigma) => type switch
    {
        PredictionType.Epsilon => new(1 / alpha, -sigma / alpha),
        PredictionType.Sample => new(0, 1),
        _ => new(alpha, -sigma),
    };

    /// <summary>The noise.</summary>
    public static Weights Noise(PredictionType type, double alpha, double sigma) => type switch
    {
        PredictionType.Epsilon => new(0, 1),
        PredictionType.Sample => new(1 / sigma, -alpha / sigma),
        _ => new(sigma, alpha),
    };

    /// <summary>The clean picture in x = x0 + sigma noise, of which the network saw x / sqrt(sigma^2 + 1).</summary>
    public static Weights CleanOfSigma(PredictionType type, double sigma)
    {
        double alpha = 1 / Math.Sqrt((sigma * sigma) + 1);
        Weights scaled = Clean(type, alpha, sigma * alpha);
        return scaled with { Sample = scaled.Sample * alpha };
    }
}
