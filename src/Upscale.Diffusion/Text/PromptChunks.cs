namespace Upscale.Diffusion;

/// <summary>
/// Prompts of any length for an encoder that takes 77 ids: cut into pieces of 75, each with begin, end and pad, encoded one by one and joined
/// along the sequence. A prompt that fits gives exactly one, as the model was trained with.
/// </summary>
public static class PromptChunks
{
    /// <summary>Cuts a prompt.</summary>
    /// <param name="tokenizer">Of the encoder.</param>
    /// <param name="prompt">Any, empty too.</param>
    /// <param name="weighted">True to read the notation of <see cref="PromptWeights"/>; false to take the prompt as it is.</param>
    /// <param name="atLeast">
    /// Chunks to give, the missing ones empty: prompt and negative prompt must come out equally long. At least 1.
    /// </param>
    public static IReadOnlyList<PromptChunk> Split(ClipTokenizer tokenizer, string prompt, bool weighted = false, int atLeast = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atLeast, 1);
        IReadOnlyList<PromptPart> parts = weighted ? PromptWeights.Parse(prompt) : [new PromptPart(prompt, 1)];
        var ids = new List<int>();
        var weights = new List<float>();
        foreach (PromptPart part in parts)
        {
            int[] partIds = tokenizer.Encode(part.Text);
            ids.AddRange(partIds);
            weights.AddRange(Enumerable.Repeat((float)part.Weight, partIds.Length));
        }

        int room = tokenizer.MaximumLength - 2;
        int count = Math.Max(atLeast, (ids.Count + room - 1) / room);
        return [.. Enumerable.Range(0, count).Select(c => Chunk(tokenizer, [.. ids.Skip(c * room).Take(room)], [.. weights.Skip(c * room).Take(room)]))];
    }

    /// <summary>
    /// Multiplies each row of an encoder's answer by the weight of its id, then the whole by one number that brings the mean back to what
    /// it was, as stable-diffusion-webui does. Weights of 1 change nothing.
    /// </summary>
    /// <param name="hidden">Ids x width values; receives the weighted ones.</param>
    /// <param name="weights">One for each id.</param>
    /// <exception cref="ArgumentException">The values are not so many rows of equal width.</exception>
    public static void ApplyWeights(Span<float> hidden, IReadOnlyList<float> weights)
    {
        if (weights.Count == 0 || hidden.Length % weights.Count != 0)
            throw new ArgumentException($"{hidden.Length} values are not {weights.Count} rows of equal width.", nameof(hidden));
        if (weights.All(w => w == 1))
            return;
        int width = hidden.Length / weights.Count;
        double before = Mean(hidden);
        for (int row = 0; row < weights.Count; row++)
        {
            Span<float> values = hidden.Slice(row * width, width);
            Linear.Scale(values, weights[row], values);
        }

        double after = Mean(hidden);
        if (after != 0)
            Linear.Scale(hidden, before / after, hidden);
    }

    private static PromptChunk Chunk(ClipTokenizer tokenizer, int[] ids, float[] weights)
    {
        int fill = tokenizer.MaximumLength - 2 - ids.Length;
        return new PromptChunk(
            [tokenizer.BeginId, .. ids, tokenizer.EndId, .. Enumerable.Repeat(tokenizer.PadId, fill)],
            [1, .. weights, 1, .. Enumerable.Repeat(1f, fill)]);
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += value;
        return sum / values.Length;
    }
}
