using System.Text.RegularExpressions;

namespace Upscale.Packaging;

/// <summary>The little Markdown that help pages are written in: headings, paragraphs, lists, fenced code, and tables, whose headings are left out.</summary>
internal static partial class Markdown
{
    /// <summary>Reads a page.</summary>
    /// <exception cref="HelpException">A fence is not closed.</exception>
    public static IReadOnlyList<Block> Read(string text)
    {
        var blocks = new List<Block>();
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd();
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, i + 1, l => l.TrimEnd() == "```");
                if (end < 0)
                    throw new HelpException($"The code that begins with '{line}' in line {i + 1} does not end.");
                blocks.Add(new Block(BlockKind.Code, string.Join('\n', lines[(i + 1)..end]), line[3..].Trim()));
                i = end;
            }
            else if (Heading().Match(line) is { Success: true } heading)
            {
                blocks.Add(new Block(BlockKind.Heading, Plain(heading.Groups[2].Value), heading.Groups[1].Value));
            }
            else if (line.StartsWith('|'))
            {
                string[] cells = [.. line.Trim('|').Split('|').Select(c => Plain(c.Trim()))];
                if (cells.All(c => c.All(letter => letter is '-' or ':')))
                    blocks.RemoveAt(blocks.Count - 1);
                else
                    blocks.Add(new Block(BlockKind.Row, cells[0], string.Join(" - ", cells.Skip(1))));
            }
            else if (line.Length > 0)
            {
                bool item = line.StartsWith("- ", StringComparison.Ordinal);
                var paragraph = new List<string> { item ? line[2..] : line };
                while (i + 1 < lines.Length && Continues(lines[i + 1]))
                    paragraph.Add(lines[++i].Trim());
                blocks.Add(new Block(item ? BlockKind.Item : BlockKind.Paragraph, Plain(string.Join(' ', paragraph)), ""));
            }
        }

        return blocks;
    }

    /// <summary>Text without marks of code, emphasis and links: consoles show none.</summary>
    private static string Plain(string text) => Mark().Replace(Link().Replace(text, "$1"), "");

    private static bool Continues(string line)
        => line.Trim().Length > 0 && !line.StartsWith("- ", StringComparison.Ordinal) && line[0] is not ('#' or '|') && !line.StartsWith("```", StringComparison.Ordinal);

    [GeneratedRegex("^(#+) +(.+)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`|\*\*")]
    private static partial Regex Mark();
}
