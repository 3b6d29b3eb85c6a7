using Spectre.Console;

namespace Upscale.Cli.Output;

/// <summary>Tables on standard output: framed and fitted on a terminal, plain and unbroken when redirected.</summary>
internal static class TextTable
{
    public static void Write(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        Table table = new Table().Border(TableBorder.Rounded);
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = int.MaxValue / 2;
            table.Border(TableBorder.None);
        }

        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = Console.IsOutputRedirected });
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
    }
}
