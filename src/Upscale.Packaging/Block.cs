namespace Upscale.Packaging;

/// <summary>A part of a page.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text without marks; of a row of a table, the first cell.</param>
/// <param name="Detail">Of a heading the <c>#</c>s, of code its language, of a row the other cells, else nothing.</param>
internal sealed record Block(BlockKind Kind, string Text, string Detail);
