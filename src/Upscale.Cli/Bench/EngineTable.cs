using System.Globalization;

namespace Upscale.Cli.Bench;

/// <summary>Engines side by side.</summary>
internal static class EngineTable
{
    /// <summary>Heads of the columns.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["network", "side", "threads", "ONNX Runtime ms", "Native ms", "ratio", "GFLOP/s", "of the peak", "difference"];

    /// <summary>One network at one size.</summary>
    public static string[] Row(EngineFigures figures) =>
    [
        figures.Network,
        figures.Side.ToString(CultureInfo.InvariantCulture),
        figures.Threads.ToString(CultureInfo.InvariantCulture),
        Number(figures.OnnxRuntime, "F1"),
        Number(figures.Native, "F1"),
        Number(figures.Ratio, "F2"),
        Number(figures.Gflops, "F0"),
        Number(figures.PeakShare, "P0"),
        Number(figures.Difference, "E0"),
    ];

    /// <summary>All figures as a table in Markdown.</summary>
    public static string Markdown(IEnumerable<EngineFigures> figures)
    {
        string[] rule = [.. Columns.Select((_, i) => i == 0 ? "---" : "---:")];
        IEnumerable<IReadOnlyList<string>> lines = [Columns, rule, .. figures.Select(Row)];
        return string.Concat(lines.Select(cells => $"| {string.Join(" | ", cells)} |\n"));
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
