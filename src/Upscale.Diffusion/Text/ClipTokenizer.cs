using System.Globalization;
using System.Text;

namespace Upscale.Diffusion;

/// <summary>
/// The byte-pair tokenizer of CLIP's text encoders (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision", 2021), with the ids of transformers' CLIPTokenizer. Safe for use by several threads.
/// </summary>
public sealed class ClipTokenizer
{
    private const string Start = "<|startoftext|>";
    private const string End = "<|endoftext|>";
    private const string EndOfWord = "</w>";
    private static readonly string[] s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    private static readonly string[] s_units = ByteUnits();
    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly Dictionary<(string, string), int> _ranks = [];
    private readonly (string Text, int Id)[] _specials;

    private ClipTokenizer(TokenizerFiles files)
    {
        _vocabulary = files.Vocabulary;
        foreach ((string, string) merge in files.Merges)
            _ranks.TryAdd(merge, _ranks.Count);
        BeginId = files.IdOf(Start);
        EndId = files.IdOf(End);
        string pad = files.PadToken ?? End;
        PadId = files.IdOf(pad);

        // A pad token that is typed into a prompt is one too, even the "!" of Stable Diffusion 2.
        _specials = [(Start, BeginId), (End, EndId), (pad, PadId)];
        MaximumLength = files.MaximumLength;
    }

    /// <summary>Begins every sequence.</summary>
    public int BeginId { get; }

    /// <summary>Ends every sequence.</summary>
    public int EndId { get; }

    /// <summary>Fills a sequence up: the end's id, or 0 (<c>!</c>) for the encoders of Stable Diffusion 2 and the second one of SDXL.</summary>
    public int PadId { get; }

    /// <summary>Ids in one sequence, those for begin and end included: 77.</summary>
    public int MaximumLength { get; }

    /// <summary>
    /// Reads the folder <c>tokenizer</c> of a model: vocab.json and merges.txt, or tokenizer.json; and tokenizer_config.json and
    /// special_tokens_map.json, if there, for the pad token.
    /// </summary>
    /// <param name="folder">Of the tokenizer.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotFound"/>: a file is missing; <see cref="UpscaleErrorId.ModelNotSupported"/>: its content is no CLIP vocabulary.
    /// </exception>
    public static ClipTokenizer Load(string folder) => new(TokenizerFiles.Read(folder));

    /// <summary>The ids of a text, without those for begin and end, not cut.</summary>
    /// <param name="text">Any. Case and white space do not matter.</param>
    public int[] Encode(string text)
    {
        string clean = Clean(text);
        var ids = new List<int>();
        int from = 0;
        while (from < clean.Length)
        {
            int next = clean.Length;
            (string Text, int Id) found = default;
            foreach ((string Text, int Id) special in _specials)
            {
                int index = clean.IndexOf(special.Text, from, StringComparison.Ordinal);
                if (index >= 0 && index < next)
                    (next, found) = (index, special);
            }

            EncodeText(clean[from..next], ids);
            from = next;
            if (found.Text is not null)
            {
                ids.Add(found.Id);
                from += found.Text.Length;
            }
        }

        return [.. ids];
    }

    /// <summary>Composed characters, one space for each run of white space, lower case.</summary>
    private static string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inSpace = false;
        foreach (Rune rune in Composition.Compose(text).EnumerateRunes())
        {
            bool space = Rune.IsWhiteSpace(rune);
            if (!space)
                result.Append(rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
            else if (!inSpace)
                result.Append(' ');
            inSpace = space;
        }

        return result.ToString();
    }

    private void EncodeText(string text, List<int> ids)
    {
        int at = 0;
        while (at < text.Length)
        {
            int length = WordLength(text.AsSpan(at));
            if (text[at] != ' ')
                EncodeWord(text.AsSpan(at, length), ids);
            at += length;
        }
    }

    /// <summary>A contraction, a run of letters, one number, a run of other signs, or a space.</summary>
    private static int WordLength(ReadOnlySpan<char> text)
    {
        foreach (string contraction in s_contractions)
        {
            if (text.StartsWith(contraction, StringComparison.Ordinal))
                return contraction.Length;
        }

        Kind kind = KindAt(text, out int length);
        if (kind is Kind.Space or Kind.Number)
            return length;
        while (length < text.Length && KindAt(text[length..], out int more) == kind)
            length += more;
        return length;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        return Rune.GetUnicodeCategory(rune) switch
        {
            _ when rune.Value == ' ' => Kind.Space,
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }

    /// <summary>Joins the pair that was learnt first, wherever it is, until no pair is known.</summary>
    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        List<string> parts = [.. Encoding.UTF8.GetBytes(word.ToString()).Select(b => s_units[b])];
        parts[^1] += EndOfWord;
        while (parts.Count > 1)
        {
            (string, string) best = default;
            int bestRank = int.MaxValue;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (_ranks.TryGetValue((parts[i], parts[i + 1]), out int rank) && rank < bestRank)
                    (best, bestRank) = ((parts[i], parts[i + 1]), rank);
            }

            if (bestRank == int.MaxValue)
                break;
            var joined = new List<string>(parts.Count);
            for (int i = 0; i < parts.Count; i++)
            {
                bool pair = i + 1 < parts.Count && (parts[i], parts[i + 1]) == best;
                joined.Add(pair ? parts[i] + parts[++i] : parts[i]);
            }

            parts = joined;
        }

        foreach (string part in parts)
            ids.Add(_vocabulary.TryGetValue(part, out int id) ? id : EndId);
    }

    /// <summary>A printable character for every byte, as the vocabulary spells them.</summary>
    private static string[] ByteUnits()
    {
        var units = new string[256];
        int next = 256;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            units[b] = ((char)(printable ? b : next++)).ToString();
        }

        return units;
    }

    private enum Kind
    {
        Letter,
        Number,
        Other,
        Space,
    }
}
