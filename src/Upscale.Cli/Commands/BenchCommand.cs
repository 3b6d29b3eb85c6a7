using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Bench;
using Upscale.Cli.Output;
using Upscale.Imaging;
using Upscale.Inference;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale bench</c>: measures speed, start-up and memory on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Fewer runs, and no large picture through a network." };
        var json = new Option<bool>("--json") { Description = "One JSON object a figure, one a line, after one for the machine." };
        var command = new Command("bench", "Measure throughput, start-up and memory on this machine.") { quick, json };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(quick), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool quick, bool json, CancellationToken cancellationToken)
    {
        int runs = quick ? 2 : 5;
        using var bench = new Workbench();
        var figures = new List<Figure>();
        Say("throughput");
        figures.AddRange(await EngineBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false));
        Say("resampling");
        figures.AddRange(await ResizeBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false));
        Say("start-up");
        figures.AddRange(await StartupBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false));
        Say("memory");
        figures.Add(await MemoryBench.ResampleAsync(bench, cancellationToken).ConfigureAwait(false));
        if (!quick)
            figures.Add(await MemoryBench.NetworkAsync(bench, cancellationToken).ConfigureAwait(false));

        Machine machine = Machine.Describe(BareRun.RuntimeVersion, VipsResize.LibraryVersion);
        if (json)
        {
            JsonLines.Write(machine);
            figures.ForEach(JsonLines.Write);
        }
        else
        {
            Console.Out.WriteLine(machine);
            TextTable.Write(["figure", "value", "unit", "note"], figures.Select(Row));
        }

        return ExitCode.Done;
    }

    private static void Say(string what)
    {
        if (!Console.IsErrorRedirected)
            Console.Error.WriteLine($"measuring {what} ...");
    }

    private static string[] Row(Figure figure) => [figure.Name, Number(figure.Value), figure.Unit, figure.Note];

    private static string Number(double value)
        => value.ToString(value >= 1000 ? "0" : value >= 100 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
