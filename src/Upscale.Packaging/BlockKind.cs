namespace Upscale.Packaging;

/// <summary>What a part of a page is.</summary>
internal enum BlockKind
{
    /// <summary>A heading of any level.</summary>
    Heading,

    /// <summary>A paragraph, its lines joined.</summary>
    Paragraph,

    /// <summary>An item of a list.</summary>
    Item,

    /// <summary>A row of a table.</summary>
    Row,

    /// <summary>Fenced code.</summary>
    Code,
}
