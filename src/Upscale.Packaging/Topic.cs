using System.Text;

namespace Upscale.Packaging;

/// <summary>An about_ topic: a text file, as wide as the narrowest console.</summary>
internal static class Topic
{
    private const int Columns = 80;
    private const int Indent = 4;

    /// <summary>Makes the text of a page.</summary>
    /// <exception cref="HelpException">It does not begin as it must, or code is too wide.</exception>
    public static string Write(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        IReadOnlyList<Block> blocks = Markdown.Read(File.ReadAllText(path));
        if (blocks is not [{ Kind: BlockKind.Heading, Detail: "#" } title, { Kind: BlockKind.Paragraph } summary, ..] || title.Text != name)
            throw new HelpException($"{path}: it must begin with '# {name}' and a paragraph that is the short description.");
        var text = new StringBuilder();
        text.Append("TOPIC\n");
        AppendWrapped(text, name, Indent, Indent);

        // Get-Help shows the line behind this one in lists of topics.
        text.Append("\nSHORT DESCRIPTION\n");
        AppendWrapped(text, summary.Text, Indent, Indent);
        text.Append("\nLONG DESCRIPTION\n");
        Block previous = title;
        foreach (Block block in blocks.Skip(2))
        {
            bool continues = block.Kind == previous.Kind && block.Kind is BlockKind.Item or BlockKind.Row;
            if (!continues && (previous != title || block.Kind == BlockKind.Heading))
                text.Append('\n');
            switch (block.Kind)
            {
                case BlockKind.Heading:
                    AppendWrapped(text, block.Detail.Length == 2 ? block.Text.ToUpperInvariant() : block.Text, block.Detail.Length == 2 ? 0 : Indent / 2, Indent);
                    break;
                case BlockKind.Code:
                    foreach (string line in block.Text.Split('\n'))
                    {
                        if (line.Length > Columns - (2 * Indent))
                            throw new HelpException($"{path}: a line of code has {line.Length} columns; {Columns - (2 * Indent)} are shown: {line}");
                        text.Append(line.Length == 0 ? "" : new string(' ', 2 * Indent)).Append(line).Append('\n');
                    }

                    break;
                case BlockKind.Item:
                    AppendWrapped(text, "- " + block.Text, Indent, Indent + 2);
                    break;
                case BlockKind.Row:
                    AppendWrapped(text, block.Text, Indent, Indent);
                    AppendWrapped(text, block.Detail, 2 * Indent, 2 * Indent);
                    break;
                default:
                    AppendWrapped(text, block.Text, Indent, Indent);
                    break;
            }

            previous = block;
        }

        return text.ToString();
    }

    private static void AppendWrapped(StringBuilder text, string paragraph, int first, int others)
    {
        var line = new StringBuilder().Append(' ', first);
        int empty = first;
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > empty && line.Length + 1 + word.Length > Columns)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(' ', others);
                empty = others;
            }

            line.Append(line.Length > empty ? " " : "").Append(word);
        }

        text.Append(line).Append('\n');
    }
}
