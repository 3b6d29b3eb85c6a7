namespace Upscale.Packaging;

/// <summary>What a page says of a cmdlet that the cmdlet itself does not.</summary>
internal sealed record CmdletPage
{
    private static readonly string[] s_sections = [nameof(Description), nameof(Examples), nameof(Outputs), nameof(Notes), nameof(Links)];

    /// <summary>Name of the cmdlet.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Synopsis { get; init; }

    /// <summary>What it does, in paragraphs.</summary>
    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>Title, code and what there is to say about it.</summary>
    public required IReadOnlyList<(string Title, string Code, IReadOnlyList<string> Remarks)> Examples { get; init; }

    /// <summary>What the documentation comments of the output's type do not say.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>What else there is to know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Names of related cmdlets and topics.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    /// <summary>Reads a page, whose sections stand in a fixed order.</summary>
    /// <exception cref="HelpException">A section is missing, unknown or misplaced.</exception>
    public static CmdletPage Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        IReadOnlyList<Block> blocks = Markdown.Read(File.ReadAllText(path));
        if (blocks is not [{ Kind: BlockKind.Heading, Detail: "#" } title, { Kind: BlockKind.Paragraph } synopsis, ..] || title.Text != name)
            throw new HelpException($"{path}: it must begin with '# {name}' and a paragraph that is the synopsis.");
        Dictionary<string, List<Block>> sections = [];
        foreach (Block block in blocks.Skip(2))
        {
            if (block is { Kind: BlockKind.Heading, Detail: "##" })
            {
                if (Array.IndexOf(s_sections, block.Text) < sections.Keys.Select(k => Array.IndexOf(s_sections, k) + 1).DefaultIfEmpty(0).Max())
                    throw new HelpException($"{path}: '## {block.Text}' is unknown or stands in the wrong place. Sections are, in this order: {string.Join(", ", s_sections)}.");
                sections.Add(block.Text, []);
            }
            else if (sections.Count == 0)
            {
                throw new HelpException($"{path}: '{block.Text}' stands before the first section. The synopsis is one paragraph.");
            }
            else
            {
                sections.Last().Value.Add(block);
            }
        }

        return new CmdletPage
        {
            Name = name,
            Synopsis = synopsis.Text,
            Description = Texts(sections.GetValueOrDefault(nameof(Description))),
            Examples = ReadExamples(path, sections.GetValueOrDefault(nameof(Examples)) ?? []),
            Outputs = Texts(sections.GetValueOrDefault(nameof(Outputs))),
            Notes = Texts(sections.GetValueOrDefault(nameof(Notes))),
            Links = Texts(sections.GetValueOrDefault(nameof(Links)), ""),
        };
    }

    private static List<(string Title, string Code, IReadOnlyList<string> Remarks)> ReadExamples(string path, IReadOnlyList<Block> blocks)
    {
        var examples = new List<(string Title, string Code, IReadOnlyList<string> Remarks)>();
        for (int i = 0; i < blocks.Count;)
        {
            Block[] example = [.. blocks.Skip(i + 1).TakeWhile(b => b.Kind != BlockKind.Heading)];
            if (blocks[i] is not { Kind: BlockKind.Heading, Detail: "###" } title || example.Length == 0 || example[0].Kind != BlockKind.Code)
                throw new HelpException($"{path}: an example is '### ' and its title, fenced code, then paragraphs; '{blocks[i].Text}' is none.");
            examples.Add((title.Text, example[0].Text, Texts(example.Skip(1))));
            i += example.Length + 1;
        }

        return examples;
    }

    private static IReadOnlyList<string> Texts(IEnumerable<Block>? blocks, string bullet = "- ")
        => [.. (blocks ?? []).Select(b => b.Kind switch
        {
            BlockKind.Item => bullet + b.Text,
            BlockKind.Row => $"{bullet}{b.Text}: {b.Detail}",
            _ => b.Text,
        })];
}
