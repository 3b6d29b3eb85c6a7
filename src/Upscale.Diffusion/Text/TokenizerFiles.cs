using System.Text.Json;

namespace Upscale.Diffusion;

/// <summary>The files of a tokenizer folder, as transformers writes them.</summary>
internal sealed class TokenizerFiles
{
    private readonly string _vocabularyFile;

    private TokenizerFiles(string vocabularyFile, IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string, string)> merges)
    {
        _vocabularyFile = vocabularyFile;
        Vocabulary = vocabulary;
        Merges = merges;
    }

    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Pairs of parts, the most frequent first.</summary>
    public IReadOnlyList<(string First, string Second)> Merges { get; }

    public string? PadToken { get; private set; }

    public int MaximumLength { get; private set; } = 77;

    public static TokenizerFiles Read(string folder)
    {
        try
        {
            TokenizerFiles files = ReadVocabulary(folder);
            files.ReadSettings(Path.Combine(folder, "special_tokens_map.json"));
            files.ReadSettings(Path.Combine(folder, "tokenizer_config.json"));
            return files;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.ModelNotFound, $"The tokenizer folder '{folder}' cannot be read: {error.Message}", error);
        }
    }

    public int IdOf(string token)
        => Vocabulary.TryGetValue(token, out int id) ? id : throw Unfit(_vocabularyFile, $"does not hold '{token}'");

    private static TokenizerFiles ReadVocabulary(string folder)
    {
        string vocabulary = Path.Combine(folder, "vocab.json");
        string merges = Path.Combine(folder, "merges.txt");
        string both = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            IEnumerable<string> lines = File.ReadLines(merges).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal));
            using JsonDocument json = Parse(vocabulary);
            return new(vocabulary, Words(vocabulary, json.RootElement), [.. lines.Select(l => Pair(merges, l))]);
        }

        if (!File.Exists(both))
        {
            throw new UpscaleException(
                UpscaleErrorId.ModelNotFound,
                $"The tokenizer folder '{folder}' has neither vocab.json with merges.txt nor tokenizer.json: copy it from the model that was exported.");
        }

        using (JsonDocument json = Parse(both))
        {
            JsonElement pairs = default;
            bool complete = json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("model", out JsonElement model)
                && model.ValueKind == JsonValueKind.Object
                && model.TryGetProperty("merges", out pairs)
                && pairs.ValueKind == JsonValueKind.Array
                && model.TryGetProperty("vocab", out _);
            if (!complete)
                throw Unfit(both, "has no model with vocab and merges");
            JsonElement words = json.RootElement.GetProperty("model").GetProperty("vocab");
            return new(both, Words(both, words), [.. pairs.EnumerateArray().Select(p => Pair(both, Line(p)))]);
        }
    }

    /// <summary>Reads what a file says of the pad token and the length; it need not be there.</summary>
    private void ReadSettings(string path)
    {
        if (!File.Exists(path))
            return;
        using JsonDocument json = Parse(path);
        JsonElement settings = json.RootElement;
        if (settings.ValueKind != JsonValueKind.Object)
            throw Unfit(path, "is no object");
        if (settings.TryGetProperty("pad_token", out JsonElement pad))
        {
            if (pad.ValueKind == JsonValueKind.Object && pad.TryGetProperty("content", out JsonElement content))
                pad = content;
            PadToken = pad.ValueKind == JsonValueKind.String && pad.GetString() is { Length: > 0 } token ? token : null;
        }

        // A tokenizer that was saved without a limit has a huge number there.
        bool limited = settings.TryGetProperty("model_max_length", out JsonElement limit) && limit.ValueKind == JsonValueKind.Number;
        if (limited && limit.TryGetInt32(out int length) && length is > 2 and < 1 << 16)
            MaximumLength = length;
    }

    private static Dictionary<string, int> Words(string path, JsonElement vocabulary)
    {
        if (vocabulary.ValueKind != JsonValueKind.Object)
            throw Unfit(path, "holds no vocabulary");
        var words = new Dictionary<string, int>();
        foreach (JsonProperty word in vocabulary.EnumerateObject())
        {
            if (word.Value.ValueKind != JsonValueKind.Number || !word.Value.TryGetInt32(out int id))
                throw Unfit(path, $"gives '{word.Name}' no number");
            words[word.Name] = id;
        }

        return words;
    }

    /// <summary>A merge of a tokenizer.json: older ones have both parts in one text, newer ones in a list.</summary>
    private static string Line(JsonElement merge)
        => merge.ValueKind == JsonValueKind.Array ? string.Join(' ', merge.EnumerateArray()) : merge.ToString();

    private static (string, string) Pair(string path, string line)
    {
        string[] parts = line.Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw Unfit(path, $"has the merge '{line}', which is no pair");
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllText(path));
        }
        catch (JsonException error)
        {
            throw new UpscaleException(
                UpscaleErrorId.ModelNotSupported, $"The tokenizer's file '{path}' is no JSON that can be read: {error.Message}", error);
        }
    }

    private static UpscaleException Unfit(string path, string what) => new(
        UpscaleErrorId.ModelNotSupported,
        $"The tokenizer's file '{path}' {what}: it is no vocabulary of CLIP. Copy it from the model that was exported.");
}
