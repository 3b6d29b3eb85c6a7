using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class TokenizerTests : IDisposable
{
    private static readonly Dictionary<string, ClipTokenizer> s_loaded = [];
    private readonly List<string> _temporary = [];

    public static TheoryData<string, string, int> Prompts
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (string root in TestData.ReferenceFolders("tokenizer"))
            {
                foreach (string name in (string[])["clip", "tiny"])
                {
                    for (int row = 0; row < Rows(root, $"{name}_goldens.json").Count; row++)
                        data.Add(Path.GetRelativePath(TestData.Root, root), name, row);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void A_prompt_has_the_ids_of_the_reference(string root, string name, int row)
    {
        string folder = Path.GetFullPath(root, TestData.Root);
        JsonElement golden = Rows(folder, $"{name}_goldens.json")[row];
        string source = Path.Combine(folder, name);
        if (!s_loaded.TryGetValue(source, out ClipTokenizer? tokenizer))
            s_loaded[source] = tokenizer = ClipTokenizer.Load(Unpacked(source));
        string text = golden.GetProperty("text").GetString()!;
        Assert.Equal(Ids(golden, "ids"), tokenizer.Encode(text));
        Assert.Equal(Ids(golden, "ids_max77"), PromptChunks.Split(tokenizer, text)[0].Ids);
    }

    [Fact]
    public void Another_pad_token_fills_up()
    {
        string root = Root();
        string folder = Unpacked(Path.Combine(root, "clip"));
        foreach (string file in (string[])["tokenizer_config.json", "special_tokens_map.json"])
            Set(Path.Combine(folder, file), "pad_token", "!");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder);
        Assert.Equal(0, tokenizer.PadId);
        Assert.All(
            Rows(root, "clip_goldens_pad0.json"),
            golden => Assert.Equal(Ids(golden, "ids_max77"), PromptChunks.Split(tokenizer, golden.GetProperty("text").GetString()!)[0].Ids));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_single_file_of_newer_exports_gives_the_same_ids(bool pairsAsLists)
    {
        string old = Path.Combine(Root(), "tiny");
        string folder = NewFolder();
        string[] merges = [.. File.ReadLines(Path.Combine(old, "merges.txt")).Skip(1)];
        var json = new JsonObject
        {
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(old, "vocab.json"))),
                ["merges"] = pairsAsLists
                    ? new JsonArray([.. merges.Select(m => (JsonNode)new JsonArray([.. m.Split(' ').Select(p => (JsonNode)p)]))])
                    : new JsonArray([.. merges.Select(m => (JsonNode)m)]),
            },
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
        ClipTokenizer expected = ClipTokenizer.Load(old);
        ClipTokenizer actual = ClipTokenizer.Load(folder);
        Assert.All(Rows(Root(), "tiny_goldens.json"), r => Assert.Equal(expected.Encode(r.GetProperty("text").GetString()!), actual.Encode(r.GetProperty("text").GetString()!)));
        Assert.Equal((expected.BeginId, expected.EndId, expected.PadId, 77), (actual.BeginId, actual.EndId, actual.PadId, actual.MaximumLength));
    }

    [Fact]
    public void Special_tokens_are_found_inside_words()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Path.Combine(Root(), "tiny"));
        Assert.Equal([.. tokenizer.Encode("cat!!"), tokenizer.EndId, tokenizer.BeginId, .. tokenizer.Encode("dog")], tokenizer.Encode("cat!!<|ENDOFTEXT|><|startoftext|>dog"));
    }

    [Fact]
    public void Any_text_gives_ids_of_the_vocabulary_whatever_its_case()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Path.Combine(Root(), "tiny"));
        Gen.String.Sample(text =>
        {
            int[] ids = tokenizer.Encode(text);
            Assert.All(ids, id => Assert.InRange(id, 0, 813));
            string ascii = string.Concat(text.Where(char.IsAscii));
            Assert.Equal(tokenizer.Encode(ascii), tokenizer.Encode("  " + ascii.ToUpperInvariant() + "\n"));
        });
    }

    [Theory]
    [InlineData("vocab.json", "{", UpscaleErrorId.ModelNotSupported)]
    [InlineData("vocab.json", "[]", UpscaleErrorId.ModelNotSupported)]
    [InlineData("vocab.json", """{ "a": 1 }""", UpscaleErrorId.ModelNotSupported)]
    [InlineData("vocab.json", """{ "a": "b" }""", UpscaleErrorId.ModelNotSupported)]
    [InlineData("merges.txt", "a b c\n", UpscaleErrorId.ModelNotSupported)]
    [InlineData("tokenizer_config.json", "7", UpscaleErrorId.ModelNotSupported)]
    [InlineData("tokenizer_config.json", """{ "pad_token": "no such token" }""", UpscaleErrorId.ModelNotSupported)]
    [InlineData("merges.txt", null, UpscaleErrorId.ModelNotFound)]
    public void A_broken_folder_is_refused_by_name(string file, string? content, string errorId)
    {
        string folder = Unpacked(Path.Combine(Root(), "tiny"));
        File.Delete(Path.Combine(folder, file));
        if (content is not null)
            File.WriteAllText(Path.Combine(folder, file), content);
        UpscaleException error = Assert.Throws<UpscaleException>(() => ClipTokenizer.Load(folder));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e\u0301", "\u00e9")]
    [InlineData("\u0041\u030a", "\u00c5")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\uac00\u11a8", "\uac01")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("a\u0323\u0302\u0301", "\u1ead\u0301")]
    [InlineData("\u0958", "\u0915\u093c")]
    [InlineData("\ud834\udd5e", "\ud834\udd57\ud834\udd65")]
    [InlineData("e\u0316\u0301", "\u00e9\u0316")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("plain", "plain")]
    public void Text_is_composed_as_Unicode_says(string text, string composed)
    {
        Assert.Equal(composed, Composition.Compose(text));
        Assert.Equal(composed, Composition.Compose(composed));
    }

    public void Dispose()
    {
        foreach (string folder in _temporary)
            Directory.Delete(folder, true);
    }

    private static string Root() => TestData.ReferenceFolders("tokenizer").First();

    private static List<JsonElement> Rows(string root, string file)
    {
        JsonElement json = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, file))).RootElement;
        return [.. (json.ValueKind == JsonValueKind.Array ? json : json.GetProperty("rows")).EnumerateArray()];
    }

    private static int[] Ids(JsonElement golden, string key) => [.. golden.GetProperty(key).EnumerateArray().Select(e => e.GetInt32())];

    private static void Set(string file, string key, string value)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        json[key] = value;
        File.WriteAllText(file, json.ToJsonString());
    }

    private string NewFolder()
    {
        string folder = Directory.CreateTempSubdirectory("tokenizer").FullName;
        _temporary.Add(folder);
        return folder;
    }

    /// <summary>A copy of a tokenizer folder with its compressed files unpacked.</summary>
    private string Unpacked(string source)
    {
        string folder = NewFolder();
        foreach (string file in Directory.GetFiles(source))
        {
            string target = Path.Combine(folder, Path.GetFileName(file));
            if (!file.EndsWith(".gz", StringComparison.Ordinal))
            {
                File.WriteAllBytes(target, File.ReadAllBytes(file));
                continue;
            }

            using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using FileStream unpacked = File.Create(target[..^3]);
            packed.CopyTo(unpacked);
        }

        return folder;
    }
}
