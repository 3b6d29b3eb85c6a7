using System.Text.Json;
using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Autoencoding;

/// <summary>What config.json says of an autoencoder, and what holds where it says nothing.</summary>
internal sealed record AutoencoderConfig
{
    /// <summary>Planes of the picture's size that the autoencoders of these pipelines keep at a time: 16 tensors of 128.</summary>
    private const int FullSizePlanes = 16 * 128;

    /// <summary>Latents on the way = (what the encoder gives - mean) x scaling factor / deviation.</summary>
    public required double ScalingFactor { get; init; }

    /// <summary>Pixels for each latent along a side.</summary>
    public required int Factor { get; init; }

    /// <summary>Planes of the latents; null where it does not say.</summary>
    public int? LatentChannels { get; init; }

    /// <summary>Mean for each plane, or one for all.</summary>
    public double[] Means { get; init; } = [0];

    /// <summary>Deviation for each plane, or one for all.</summary>
    public double[] Deviations { get; init; } = [1];

    /// <summary>Working memory of a run in bytes for each latent, at least; 0 where it says what the pool can tell it from.</summary>
    public long BytesPerLatent { get; init; }

    /// <summary>True when every latent of a tile looks at every other one, which takes memory by the square of their number.</summary>
    public bool HasAttention { get; init; } = true;

    /// <summary>What holds for a pipeline whose folders have no config.json: its class multiplies by a number of its own.</summary>
    /// <param name="pipeline">Name of the class.</param>
    public static AutoencoderConfig Default(string? pipeline) => pipeline switch
    {
        not null when pipeline.EndsWith("StableDiffusionUpscalePipeline", StringComparison.Ordinal) => Default(0.08333, 4),
        not null when pipeline.EndsWith("LDMSuperResolutionPipeline", StringComparison.Ordinal) => Default(1, 4),
        not null when pipeline.Contains("StableDiffusionXL", StringComparison.Ordinal) => Default(0.13025, 8),
        _ => Default(0.18215, 8),
    };

    /// <summary>Reads a file, with the defaults of the pipeline.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    public static AutoencoderConfig Read(string path, string? pipeline) => ModelConfig.Read(path, root =>
    {
        AutoencoderConfig fallback = Default(pipeline);
        double[] blocks = Numbers(root, "block_out_channels");
        double[] means = Numbers(root, "latents_mean");
        double[] deviations = Numbers(root, "latents_std");
        double shift = Number(root, "shift_factor") ?? 0;
        bool quantised = root.TryGetProperty("_class_name", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.GetString() == "VQModel";
        var config = new AutoencoderConfig
        {
            // The latent diffusion of a quantising autoencoder runs on what the encoder gives, whatever its config says.
            ScalingFactor = quantised ? 1 : Number(root, "scaling_factor") ?? fallback.ScalingFactor,
            Factor = blocks.Length == 0 ? fallback.Factor : 1 << (blocks.Length - 1),
            LatentChannels = Number(root, "latent_channels") is { } channels ? (int)channels : null,
            Means = means.Length == 0 ? [shift] : means,
            Deviations = deviations.Length == 0 ? [1] : deviations,
            HasAttention = !(root.TryGetProperty("mid_block_add_attention", out JsonElement attention) && attention.ValueKind == JsonValueKind.False),
        };
        return config.ScalingFactor != 0 && config.LatentChannels is null or > 0 && config.Deviations.All(d => d != 0)
            ? config
            : throw new FormatException("its scaling factor, number of latent channels, or deviations are 0");
    });

    private static AutoencoderConfig Default(double scalingFactor, int factor)
        => new() { ScalingFactor = scalingFactor, Factor = factor, BytesPerLatent = (long)FullSizePlanes * sizeof(float) * factor * factor };

    private static double? Number(JsonElement root, string key)
        => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static double[] Numbers(JsonElement root, string key)
        => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetDouble())] : [];
}
