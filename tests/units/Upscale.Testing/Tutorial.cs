using System.Text.RegularExpressions;

namespace Upscale.Testing;

/// <summary>The fenced blocks of plugins/README.md, to be followed as they stand.</summary>
public static partial class Tutorial
{
    /// <summary>The blocks in order.</summary>
    /// <returns>Language, the file that the block is the content of (empty for a block of commands), and text.</returns>
    public static IReadOnlyList<(string Language, string File, string Text)> Blocks { get; } =
        [.. Fence().Matches(File.ReadAllText(Path.Combine(TestData.Root, "plugins", "README.md")).ReplaceLineEndings("\n")).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value))];

    [GeneratedRegex("^```(\\w+) ?(\\S*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
