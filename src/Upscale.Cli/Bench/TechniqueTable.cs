using System.Globalization;

namespace Upscale.Cli.Bench;

/// <summary>Techniques side by side.</summary>
internal static class TechniqueTable
{
    /// <summary>Name of the table in the folder.</summary>
    public const string FileName = "table.md";

    /// <summary>Heads of the columns.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["no.", "technique", "s", "MB", "PSNR", "SSIM", "consistency", "options of upscale run"];

    /// <summary>One technique.</summary>
    public static string[] Row(TechniqueFigures figures) =>
    [
        figures.Number.ToString(CultureInfo.InvariantCulture),
        figures.Technique,
        Number(figures.Seconds, 1),
        Number(figures.PeakBytes / 1e6, 0),
        Number(figures.Psnr, 2),
        figures.Ssim is { } ssim ? Number(ssim, 4) : "",
        Number(figures.Consistency, 2),
        figures.Options,
    ];

    /// <summary>All techniques as a table in Markdown.</summary>
    public static string Markdown(IEnumerable<TechniqueFigures> figures)
    {
        string[] rule = [.. Columns.Select((_, i) => i is 1 or 7 ? "---" : "---:")];
        IEnumerable<IReadOnlyList<string>> lines = [Columns, rule, .. figures.Select(f => Row(f with { Options = $"`{f.Options}`" }))];
        return string.Concat(lines.Select(cells => $"| {string.Join(" | ", cells)} |\n"));
    }

    private static string Number(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);
}
