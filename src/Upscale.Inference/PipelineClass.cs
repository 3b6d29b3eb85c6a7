namespace Upscale.Inference;

/// <summary>A kind of pipeline, by its name in model_index.json: which stages run it, and the graphs that it cannot do without.</summary>
/// <param name="Name"><c>_class_name</c>, without the prefixes that exporters to ONNX put before it.</param>
/// <param name="Scale">Enlargement of width and height.</param>
/// <param name="Stages">Ids of the stages, the one that is meant when only the network is named first.</param>
/// <param name="Components">Names of folders with a graph. <c>vae_decoder</c> may be named <c>vae</c>.</param>
internal sealed record PipelineClass(string Name, int Scale, string[] Stages, string[] Components)
{
    /// <summary>What a decoder is called by exporters that write nothing else of the autoencoder.</summary>
    public const string LoneDecoder = "vae";

    /// <summary>What a decoder is called.</summary>
    public const string Decoder = "vae_decoder";

    private static readonly string[] s_prefixes = ["Onnx", "ORT", "Ort"];
    private static readonly string[] s_plain = ["unet", "vae_encoder", Decoder];
    private static readonly string[] s_text = [.. s_plain, "text_encoder"];

    // The refiner of SDXL has the second text encoder alone; where the first one belongs to it, model_index.json names it.
    private static readonly string[] s_twoTexts = [.. s_plain, "text_encoder_2"];

    private static readonly PipelineClass[] s_all =
    [
        new("StableDiffusionUpscalePipeline", 4, ["diffusion"], ["unet", Decoder, "text_encoder"]),
        new("LDMSuperResolutionPipeline", 4, ["diffusion"], ["unet", Decoder]),
        new("StableDiffusionImg2ImgPipeline", 1, ["refine", "latent"], s_text),
        new("StableDiffusionXLImg2ImgPipeline", 1, ["refine", "latent"], s_twoTexts),
        new("StableDiffusionPipeline", 1, ["refine", "latent"], s_text),
        new("StableDiffusionXLPipeline", 1, ["refine", "latent"], s_twoTexts),
        new("LatentConsistencyModelImg2ImgPipeline", 1, ["refine", "latent"], s_text),
        new("LatentConsistencyModelPipeline", 1, ["refine", "latent"], s_text),
        new("StableDiffusionInpaintPipeline", 1, ["refine"], s_text),
        new("StableDiffusionInpaintPipelineLegacy", 1, ["refine"], s_text),
        new("StableDiffusionXLInpaintPipeline", 1, ["refine"], s_twoTexts),
        new("StableDiffusionLatentUpscalePipeline", 2, ["latent"], s_text),
        new("ResShiftUpscalePipeline", 4, ["diffusion", "refine"], ["unet"]),
        new("ResShiftLatentUpscalePipeline", 2, ["latent"], s_plain),
    ];

    /// <summary>Names of folders that hold a graph wherever they are found.</summary>
    public static IReadOnlyList<string> Graphs { get; } = ["unet", "vae_encoder", Decoder, LoneDecoder, "text_encoder", "text_encoder_2"];

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => s_all.Select(c => c.Name);

    /// <summary>The kind of a <c>_class_name</c>, with or without an exporter's prefix; null when there is no such kind.</summary>
    public static PipelineClass? Find(string className)
    {
        string name = s_prefixes.FirstOrDefault(p => className.StartsWith(p, StringComparison.Ordinal)) is { } prefix ? className[prefix.Length..] : className;
        return s_all.FirstOrDefault(c => c.Name == name);
    }

    /// <summary>True for a part of a pipeline that has no graph.</summary>
    public static bool IsNoGraph(string component)
        => component is "scheduler" or "low_res_scheduler" or "safety_checker" or "feature_extractor" || component.StartsWith("tokenizer", StringComparison.Ordinal);
}
