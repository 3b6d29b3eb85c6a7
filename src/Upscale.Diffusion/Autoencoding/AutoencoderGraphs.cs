using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Autoencoding;

/// <summary>
/// The halves of an autoencoder among a model's components, found by what their graphs take and give: one tensor, batch x channels x height x width, each. Names decide
/// where latents have as many channels as pictures.
/// </summary>
/// <param name="Decoder">Latents to a picture.</param>
/// <param name="Encoder">A picture to latents; null where there is none.</param>
internal sealed record AutoencoderGraphs(ComponentGraph Decoder, ComponentGraph? Encoder)
{
    /// <summary>Planes of a picture.</summary>
    public const int PictureChannels = 3;

    private const string DecoderName = "vae_decoder";
    private const string EncoderName = "vae_encoder";

    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the component, and what was expected.</exception>
    public static AutoencoderGraphs Find(ModelCard card)
    {
        ModelComponent[] parts = [.. card.Components.Where(c => c.Inputs.Count == 1 && Tensors(c.Inputs).Any() && Tensors(c.Outputs).Any())];
        ModelComponent decoder = First(parts.Where(Decodes), DecoderName) ?? throw Missing(card, [DecoderName, "vae"], "latents in, a picture of 3 channels out");
        ModelComponent? encoder = First(parts.Where(c => Channels(c.Inputs) == PictureChannels && !Decodes(c)), EncoderName);
        return encoder is null && card.Components.Any(c => c.Name == EncoderName)
            ? throw MissingEncoder(card)
            : new AutoencoderGraphs(new ComponentGraph(decoder), encoder is null ? null : new ComponentGraph(encoder));
    }

    /// <summary>The error for a model without an encoder, or with one that is none.</summary>
    public static UpscaleException MissingEncoder(ModelCard card) => Missing(card, [EncoderName], "a picture of 3 channels in, latents out");

    /// <summary>What goes into a graph.</summary>
    public static TensorInfo Input(ComponentGraph graph) => Tensors(graph.Component.Inputs).First();

    /// <summary>What comes out of a graph.</summary>
    public static TensorInfo Output(ComponentGraph graph) => Tensors(graph.Component.Outputs).First();

    private static IEnumerable<TensorInfo> Tensors(IReadOnlyList<TensorInfo> tensors)
        => tensors.Where(t => t.Dimensions.Count == 4 && t.Type.StartsWith("float", StringComparison.Ordinal));

    private static int Channels(IReadOnlyList<TensorInfo> tensors) => Tensors(tensors).First().Dimensions[1];

    private static bool Decodes(ModelComponent component)
    {
        if (Tensors(component.Outputs).Count() > 1 || Channels(component.Outputs) is > 0 and not PictureChannels)
            return false;
        return Channels(component.Inputs) != PictureChannels || IsLatent(component.Inputs)
            || (!IsLatent(component.Outputs) && !component.Name.Contains("encoder", StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsLatent(IReadOnlyList<TensorInfo> tensors) => Tensors(tensors).First().Name.Contains("latent", StringComparison.OrdinalIgnoreCase);

    private static ModelComponent? First(IEnumerable<ModelComponent> components, string name) => components.OrderBy(c => c.Name == name ? 0 : 1).FirstOrDefault();

    private static UpscaleException Missing(ModelCard card, string[] names, string expected)
    {
        string what = $"a graph with {expected}, each batch x channels x height x width,";
        return card.Components.FirstOrDefault(c => names.Contains(c.Name)) is { } unfit
            ? new ComponentGraph(unfit).Unfit($"is no '{unfit.Name}': {what} was expected")
            : new UpscaleException(
                UpscaleErrorId.ModelNotSupported,
                $"The model '{card.Id}' ({Path.GetDirectoryName(card.Path)}) has no component {string.Join(" or ", names.Select(n => $"'{n}'"))}: {what} was expected. Export the model again.");
    }
}
