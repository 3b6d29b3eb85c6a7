using CsCheck;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class PromptTests
{
    private readonly ClipTokenizer _tokenizer = ClipTokenizer.Load(Path.Combine(TestData.ReferenceFolders("tokenizer").First(), "tiny"));

    [Theory]
    [InlineData("", "")]
    [InlineData("a cat", "a cat|1")]
    [InlineData("a (cat)", "a |1|cat|1.1")]
    [InlineData("a (cat:1.3) here", "a |1|cat|1.3| here|1")]
    [InlineData("a (cat: 0.5 )", "a |1|cat|0.5")]
    [InlineData("(cat:0)", "cat|0")]
    [InlineData("[cat]", "cat|0.90909")]
    [InlineData("((cat))", "cat|1.21")]
    [InlineData("((cat:2) and (dog:3):0.5)", "cat|1| and |0.5|dog|1.5")]
    [InlineData("(a [b] c)", "a |1.1|b|1| c|1.1")]
    [InlineData("(time 10:30)", "time 10:30|1.1")]
    [InlineData("(a:b:1.2)", "a:b|1.2")]
    [InlineData(@"\(cat\:1.2\)", @"(cat\:1.2)|1")]
    [InlineData(@"(a \(b\):1.5)", "a (b)|1.5")]
    [InlineData(@"\[a\] \\ b", @"[a] \ b|1")]
    [InlineData("()", "")]
    [InlineData("(:1.2)", "")]
    [InlineData("a()b", "ab|1")]
    public void Groups_in_brackets_weigh_what_they_say(string prompt, string expected) => AssertParts(prompt, expected);

    [Theory]
    [InlineData("(cat", "(cat|1")]
    [InlineData("cat)", "cat)|1")]
    [InlineData("cat:1.2)", "cat:1.2)|1")]
    [InlineData("((cat)", "(|1|cat|1.1")]
    [InlineData("(cat]", "(cat]|1")]
    [InlineData("(a [b)", "a [b|1.1")]
    [InlineData("[a (b:1.2]", "a (b:1.2|0.90909")]
    [InlineData("(cat:)", "cat:|1.1")]
    [InlineData("(cat:1.2.3)", "cat:1.2.3|1.1")]
    [InlineData("(cat:-1)", "cat:-1|1.1")]
    [InlineData("(cat:11)", "cat:11|1.1")]
    [InlineData("(cat:NaN)", "cat:NaN|1.1")]
    [InlineData("(cat:1e3)", "cat:1e3|1.1")]
    [InlineData("(cat:1,2)", "cat:1,2|1.1")]
    [InlineData(@"cat\", @"cat\|1")]
    [InlineData(@"(cat\)", @"(cat)|1")]
    public void What_is_malformed_is_text(string prompt, string expected) => AssertParts(prompt, expected);

    [Fact]
    public void No_prompt_fails_and_without_brackets_all_of_it_weighs_1()
    {
        Gen.String[Gen.Char["()[]:\\1.2ab "], 0, 40].Sample(prompt =>
        {
            IReadOnlyList<PromptPart> parts = PromptWeights.Parse(prompt);
            Assert.All(parts, p => Assert.True(p.Text.Length > 0 && double.IsFinite(p.Weight) && p.Weight >= 0));
            Assert.All(parts.Zip(parts.Skip(1)), p => Assert.NotEqual(p.First.Weight, p.Second.Weight));
            string plain = string.Concat(prompt.Where(c => c is not ('(' or ')' or '[' or ']' or '\\')));
            Assert.Equal(plain.Length == 0 ? [] : [new PromptPart(plain, 1)], PromptWeights.Parse(plain));
            string escaped = prompt.Replace(@"\", @"\\").Replace("(", @"\(").Replace(")", @"\)").Replace("[", @"\[").Replace("]", @"\]");
            Assert.Equal(prompt.Length == 0 ? [] : [new PromptPart(prompt, 1)], PromptWeights.Parse(escaped));
        });
    }

    [Fact]
    public void Long_prompts_come_in_chunks_that_hold_all_ids_in_order()
    {
        Gen.Int[0, 400].Sample(
            words =>
            {
                string prompt = string.Join(' ', Enumerable.Range(0, words).Select(w => (char)('a' + (w % 26))));
                int[] ids = _tokenizer.Encode(prompt);
                IReadOnlyList<PromptChunk> chunks = PromptChunks.Split(_tokenizer, prompt);
                Assert.Equal(Math.Max(1, (ids.Length + 74) / 75), chunks.Count);
                Assert.All(chunks, c => Assert.Equal((77, 77, _tokenizer.BeginId), (c.Ids.Count, c.Weights.Count, c.Ids[0])));
                Assert.All(chunks.SkipLast(1), c => Assert.Equal(_tokenizer.EndId, c.Ids[76]));
                Assert.Equal(ids, chunks.SelectMany(c => c.Ids.Skip(1).TakeWhile(id => id != _tokenizer.EndId)));
            },
            iter: 50);
    }

    [Fact]
    public void Missing_chunks_are_those_of_an_empty_prompt()
    {
        IReadOnlyList<PromptChunk> chunks = PromptChunks.Split(_tokenizer, "cat", atLeast: 3);
        Assert.Equal(3, chunks.Count);
        Assert.Equal(PromptChunks.Split(_tokenizer, "")[0].Ids, chunks[2].Ids);
        Assert.Throws<ArgumentOutOfRangeException>(() => PromptChunks.Split(_tokenizer, "cat", atLeast: 0));
    }

    [Fact]
    public void Weights_are_read_only_when_asked_for()
    {
        Assert.All(PromptChunks.Split(_tokenizer, "a (b:1.5)")[0].Weights, w => Assert.Equal(1, w));
        PromptChunk weighted = PromptChunks.Split(_tokenizer, "a (b:1.5) c", weighted: true)[0];
        Assert.Equal(PromptChunks.Split(_tokenizer, "a b c")[0].Ids, weighted.Ids);
        Assert.Equal([1, 1, 1.5f, 1, 1], weighted.Weights.Take(5));
    }

    [Fact]
    public void Weighted_rows_keep_the_mean_of_all()
    {
        float[] hidden = [1, 2, 3, 4, 5, 6];
        PromptChunks.ApplyWeights(hidden, [1, 2, 1]);
        Assert.Equal(21, hidden.Sum(), 1e-4);
        Assert.Equal(hidden[0] * 6, hidden[2], 1e-5);
        Assert.Equal(hidden[0] * 5, hidden[4], 1e-5);
        float[] same = [1, 2, 3, 4];
        PromptChunks.ApplyWeights(same, [1, 1]);
        Assert.Equal([1, 2, 3, 4], same);
        Assert.Throws<ArgumentException>(() => PromptChunks.ApplyWeights(new float[7], [1, 1]));
    }

    private static void AssertParts(string prompt, string expected)
    {
        IReadOnlyList<PromptPart> parts = PromptWeights.Parse(prompt);
        string[] fields = expected.Length == 0 ? [] : expected.Split('|');
        Assert.Equal(fields.Length / 2, parts.Count);
        for (int i = 0; i < parts.Count; i++)
        {
            Assert.Equal(fields[2 * i], parts[i].Text);
            Assert.Equal(double.Parse(fields[(2 * i) + 1], System.Globalization.CultureInfo.InvariantCulture), parts[i].Weight, 1e-5);
        }
    }
}
