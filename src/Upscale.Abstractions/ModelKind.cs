namespace Upscale;

/// <summary>How a network is used.</summary>
public static class ModelKind
{
    /// <summary>One run maps an input tile to an output tile.</summary>
    public const string FeedForward = "feed-forward";

    /// <summary>A folder of components, one of which is run step by step by a sampler.</summary>
    public const string Diffusion = "diffusion";
}
