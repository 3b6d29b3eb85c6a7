using System.Globalization;

namespace Upscale.Diffusion.Models;

/// <summary>A CLIP text encoder with its tokenizer.</summary>
public sealed class TextEncoder
{
    private const string HiddenState = "hidden_states.";

    private readonly ComponentGraph _graph;
    private readonly TensorInfo _ids;
    private readonly TensorInfo _hidden;
    private readonly TensorInfo? _pooled;

    private TextEncoder(ComponentGraph graph, ClipTokenizer tokenizer, TensorInfo ids, TensorInfo hidden, TensorInfo? pooled)
        => (_graph, Tokenizer, _ids, _hidden, _pooled) = (graph, tokenizer, ids, hidden, pooled);

    /// <summary>Its tokenizer.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Numbers for each id.</summary>
    public int Width => _hidden.Dimensions[^1];

    /// <summary>Finds the parts.</summary>
    /// <param name="folder">Of the model.</param>
    /// <param name="layer">The answer that is wanted.</param>
    /// <param name="suffix">Empty, or <c>_2</c> for the second encoder.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotSupported"/> or <see cref="UpscaleErrorId.ModelNotFound"/>: a part is missing or does not fit; the message says which
    /// and what was expected.
    /// </exception>
    public static TextEncoder Read(PipelineFolder folder, TextLayer layer, string suffix = "")
    {
        ArgumentNullException.ThrowIfNull(folder);
        ComponentGraph graph = folder.Require("text_encoder" + suffix);
        TensorInfo[] inputs = [.. graph.Component.Inputs.Where(t => t.Name != "attention_mask")];
        if (inputs is not [{ Type: "int32" or "int64", Dimensions.Count: 2 } ids])
            throw graph.Unfit("is no text encoder: one input of whole numbers, batch x 77, was expected");
        TensorInfo hidden = Hidden(graph, layer);
        if (hidden.Dimensions is not [_, _, > 0])
            throw graph.Unfit($"gives '{hidden.Name}' of an unknown width: batch x 77 x width was expected");
        return new TextEncoder(graph, folder.Tokenizer("tokenizer" + suffix), ids, hidden, graph.Output("text_embeds") ?? graph.Output("pooler_output"));
    }

    /// <summary>Encodes prompts, chunk by chunk.</summary>
    /// <param name="services">What the engine offers.</param>
    /// <param name="card">Of the model.</param>
    /// <param name="prompts">The chunks of each.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<EncodedText[]> EncodeAsync(IStageServices services, ModelCard card, IReadOnlyList<IReadOnlyList<PromptChunk>> prompts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(prompts);
        var encoded = new EncodedText[prompts.Count];
        IModelLease lease = await services.Models.LeaseAsync(card, _graph.Component.Name, cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            for (int i = 0; i < encoded.Length; i++)
                encoded[i] = await EncodeAsync(lease, prompts[i], cancellationToken).ConfigureAwait(false);
        }

        return encoded;
    }

    private static TensorInfo Hidden(ComponentGraph graph, TextLayer layer)
    {
        if (layer == TextLayer.Last)
        {
            return graph.Output("last_hidden_state") ?? graph.Component.Outputs.FirstOrDefault(t => t.Dimensions.Count == 3)
                ?? throw graph.Unfit("is no text encoder: an output 'last_hidden_state', batch x 77 x width, was expected");
        }

        TensorInfo[] states =
        [
            .. graph.Component.Outputs
                .Where(t => t.Name.StartsWith(HiddenState, StringComparison.Ordinal))
                .OrderBy(t => int.TryParse(t.Name[HiddenState.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1),
        ];
        int fromEnd = layer == TextLayer.BeforeNorm ? 1 : 2;
        return states.Length >= fromEnd
            ? states[^fromEnd]
            : throw graph.Unfit("does not give the states of its layers: outputs 'hidden_states.0', 'hidden_states.1' ... were expected (export with output_hidden_states=True)");
    }

    private async Task<EncodedText> EncodeAsync(IModelLease lease, IReadOnlyList<PromptChunk> chunks, CancellationToken cancellationToken)
    {
        int length = Tokenizer.MaximumLength, width = Width;
        float[] hidden = new float[chunks.Count * length * width];
        float[] pooled = _pooled is { Dimensions: [_, > 0] } ? new float[_pooled.Dimensions[1]] : [];
        float[] unused = new float[pooled.Length];
        for (int c = 0; c < chunks.Count; c++)
        {
            Memory<float> rows = hidden.AsMemory(c * length * width, length * width);
            List<NamedTensor> inputs = [new NamedTensor(_ids.Name, [1, length], chunks[c].Ids.Select(id => (long)id).ToArray())];
            if (_graph.Input("attention_mask") is { } mask)
                inputs.Add(new NamedTensor(mask.Name, [1, length], Enumerable.Repeat(1L, length).ToArray()));
            List<NamedTensor> outputs = [new NamedTensor(_hidden.Name, [1, length, width], rows)];
            if (pooled.Length > 0)
                outputs.Add(new NamedTensor(_pooled!.Name, [1, pooled.Length], c == 0 ? pooled : unused));
            if (await lease.RunAsync(inputs, outputs, cancellationToken).ConfigureAwait(false) != RunOutcome.Done)
                throw new UpscaleException(UpscaleErrorId.OutOfMemory, $"There is not enough memory on {lease.Device} for the text encoder '{_graph.Component.Path}'.");
            PromptChunks.ApplyWeights(rows.Span, chunks[c].Weights);
        }

        return new EncodedText(hidden, chunks.Count * length, width, pooled);
    }
}
