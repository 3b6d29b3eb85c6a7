using System.Text.Json;
using Upscale.Diffusion.Models;

namespace Upscale.Latent;

/// <summary>What vae_config.json says.</summary>
/// <param name="ScalingFactor">Latents = encoder output x factor.</param>
/// <param name="LatentChannels">Planes of the latents.</param>
/// <param name="Downsample">Pixels for each latent pixel along a side.</param>
internal sealed record CompactAutoencoder(double ScalingFactor, int LatentChannels, int Downsample)
{
    public const string Encoder = "vae_encoder";
    public const string Decoder = "vae_decoder";

    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file and what is wrong.</exception>
    public static CompactAutoencoder Read(ModelCard card)
        => ModelConfig.Read(Path.Combine(Path.GetDirectoryName(card.Path)!, "vae_config.json"), root =>
        {
            JsonElement factor = root.GetProperty("scaling_factor");
            var config = new CompactAutoencoder(factor.GetDouble(), root.GetProperty("latent_channels").GetInt32(), root.GetProperty("downsample").GetInt32());
            return config is { ScalingFactor: > 0, LatentChannels: > 0, Downsample: > 0 } ? config : throw new FormatException("its numbers are not positive");
        });

    /// <summary>The common part of what both stages declare.</summary>
    public static TileProfile Profile(ModelCard card, string component, IStageServices services)
    {
        ModelComponent network = card.Components.First(c => c.Name == component);
        return new TileProfile
        {
            Halo = network.Halo,
            MultipleOf = network.MultipleOf,
            MinimumSize = network.MultipleOf,
            BytesPerPixel = network.BytesPerPixel,
            MemoryBudget = services.Models.TileBudget,
            MemoryKey = ITileMemory.Key(network.Sha256, services.Models.Device),
            Device = services.Models.Device,
        };
    }
}
