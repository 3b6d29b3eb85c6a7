using Upscale.Diffusion.Models;

namespace Upscale.Diffusion.Pipelines;

/// <summary>The text encoders of a model, and how its network is to be told a prompt.</summary>
internal sealed class Prompting
{
    private readonly TextEncoder _first;
    private readonly TextEncoder? _second;
    private readonly Unet _unet;

    private Prompting(PipelineFolder folder, Unet unet, TextLayer layer)
    {
        Folder = folder;
        _unet = unet;

        // A refiner of SDXL has the second encoder only.
        bool pair = unet.TimeIds is not null && folder.Find("text_encoder") is not null;
        _first = TextEncoder.Read(folder, layer, unet.TimeIds is not null && !pair ? "_2" : "");
        _second = pair ? TextEncoder.Read(folder, layer, "_2") : null;
        int width = _first.Width + (_second?.Width ?? 0);
        if (unet.TextWidth is { } expected and > 0 && expected != width)
            throw unet.Unfit($"takes text of {expected} numbers for each id, but the model's text encoders give {width}");
    }

    public PipelineFolder Folder { get; }

    /// <summary>Checks that the text encoders fit the network.</summary>
    public static Prompting Read(PipelineFolder folder, Unet unet)
        => new(folder, unet, unet.TimeIds is not null ? TextLayer.Penultimate : TextLayer.Last);

    /// <summary>As <see cref="Read(PipelineFolder, Unet)"/>, for a network that is trained with another layer.</summary>
    public static Prompting Read(PipelineFolder folder, Unet unet, TextLayer layer) => new(folder, unet, layer);

    /// <summary>Encodes prompt and negative prompt, equally long.</summary>
    /// <param name="options">With both.</param>
    /// <param name="guided">False where the negative prompt is not asked for.</param>
    /// <param name="services">What the engine offers.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<(EncodedText Prompt, EncodedText? Negative)> EncodeAsync(SamplingOptions options, bool guided, IStageServices services, CancellationToken cancellationToken)
    {
        bool zeros = guided && options.NegativePrompt is null && _unet.TimeIds is not null && Folder.Flag("force_zeros_for_empty_prompt", false);
        string[] prompts = guided && !zeros ? [options.Prompt, options.NegativePrompt ?? ""] : [options.Prompt];
        EncodedText[] encoded = await EncodeAsync(_first, prompts, options.PromptWeights, services, cancellationToken).ConfigureAwait(false);
        if (_second is not null)
        {
            EncodedText[] more = await EncodeAsync(_second, prompts, options.PromptWeights, services, cancellationToken).ConfigureAwait(false);
            encoded = [.. encoded.Zip(more, EncodedText.Join)];
        }

        return (encoded[0], zeros ? encoded[0].Zeros() : encoded.ElementAtOrDefault(1));
    }

    private async Task<EncodedText[]> EncodeAsync(TextEncoder encoder, string[] prompts, bool weighted, IStageServices services, CancellationToken cancellationToken)
    {
        int longest = prompts.Max(p => PromptChunks.Split(encoder.Tokenizer, p, weighted).Count);
        int allowed = _unet.FixedTextLength is { } length ? Math.Max(1, length / encoder.Tokenizer.MaximumLength) : int.MaxValue;
        if (longest > allowed)
            services.Warn($"The prompt is longer than '{_unet.Component.Path}' can take: the rest after {allowed * (encoder.Tokenizer.MaximumLength - 2)} ids is not used.");
        int count = Math.Min(longest, allowed);
        IReadOnlyList<PromptChunk>[] chunks = [.. prompts.Select(p => PromptChunks.Split(encoder.Tokenizer, p, weighted, count).Take(count).ToArray())];
        return await encoder.EncodeAsync(services, Folder.Card, chunks, cancellationToken).ConfigureAwait(false);
    }
}
