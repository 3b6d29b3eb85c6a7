using Upscale.Diffusion.Denoising;

namespace Upscale.Diffusion.Pipelines;

/// <summary>What a user may say about sampling in latent space. What is null takes the pipeline's own default.</summary>
public sealed record SamplingOptions
{
    /// <summary>What the picture shows, or how it is to look.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What it is not to show; null for none.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>True where prompts use the notation of <see cref="PromptWeights"/>.</summary>
    public bool PromptWeights { get; init; }

    /// <summary>How strongly the prompt leads; up to 1 without the negative prompt.</summary>
    public double? Guidance { get; init; }

    /// <summary>Steps of the whole chain, at least 1.</summary>
    public int? Steps { get; init; }

    /// <summary>0..1: how much of the chain is run, from a picture with noise added.</summary>
    public double? Strength { get; init; }

    /// <summary>Another sampler than the model's own: one of <see cref="Upscale.Diffusion.Scheduler.Names"/>.</summary>
    public string? Scheduler { get; init; }

    /// <summary>Noise of DDIM's steps, 0..1.</summary>
    public double Eta { get; init; }

    /// <summary>Noise that is added to the picture that leads an enlargement.</summary>
    public int? NoiseLevel { get; init; }

    /// <summary>Part of a window that it shares with its neighbour at least, 0..0.9.</summary>
    public double Overlap { get; init; } = 0.5;

    /// <summary>Reads the options of a stage; those that it does not declare keep their defaults.</summary>
    public static SamplingOptions Read(StageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SamplingOptions
        {
            Prompt = options.GetString("prompt") ?? "",
            NegativePrompt = options.GetString("negativePrompt"),
            PromptWeights = options.GetSwitch("promptWeights"),
            Guidance = options.GetNumber("guidance"),
            Steps = options.GetInteger("steps"),
            Strength = options.GetNumber("strength"),
            Scheduler = options.GetString("scheduler"),
            Eta = options.GetNumber("eta") ?? 0,
            NoiseLevel = options.GetInteger("noiseLevel"),
            Overlap = options.GetNumber("overlap") ?? 0.5,
        };
    }
}
