using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Upscale.Cli.Bench;
using Upscale.Cli.Output;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale bench</c>: measures speed, start-up, memory, techniques and engines on this machine.</summary>
internal static class BenchCommand
{
    private const string Throughput = "throughput";
    private const string Resampling = "resampling";
    private const string StartUp = "start-up";
    private const string Diffusion = "diffusion";
    private const string Memory = "memory";

    private static readonly string[] s_sections = [Throughput, Resampling, StartUp, Diffusion, Memory];

    public static Command Create()
    {
        var sections = new Argument<string[]>("sections") { Description = "What to measure; everything when none is named.", Arity = ArgumentArity.ZeroOrMore };
        sections.AcceptOnlyFromAmong(s_sections);
        var quick = new Option<bool>("--quick") { Description = "Fewer runs, and no large picture through a network." };
        var techniques = new Option<string?>("--techniques")
        {
            Description = "Instead, enlarge one picture by every technique: pictures, a sheet of their parts and a table go into this folder.",
            HelpName = "folder",
        };
        var picture = new Option<string?>("--picture")
        {
            Description = "For --techniques: the picture, in the size that the results are to have; it is reduced by 4 first. A photograph of 256x256 pixels when not given.",
            HelpName = "file",
        };
        var engines = new Option<bool>("--engines") { Description = "Instead, run every network by ONNX Runtime and by this program's own kernels, and compare their speed." };
        var models = new Option<string[]>("--model") { Description = "For --engines: only this network; may be given several times.", HelpName = "id", AllowMultipleArgumentsPerToken = true };
        var sides = new Option<int[]>("--side") { Description = "For --engines: rows and columns of the tiles; may be given several times. 64, 128 and 256 when not given.", HelpName = "pixels", AllowMultipleArgumentsPerToken = true };
        var threads = new Option<int[]>("--threads") { Description = "For --engines: threads of a run; may be given several times. 1 and the number of processors when not given.", HelpName = "number", AllowMultipleArgumentsPerToken = true };
        foreach (Option<int[]> numbers in (Option<int[]>[])[sides, threads])
        {
            numbers.Validators.Add(result =>
            {
                if (result.Tokens.Any(t => !int.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value is < 1 or > 4096))
                    result.AddError($"{numbers.Name} takes numbers from 1 to 4096.");
            });
        }

        var markdown = new Option<bool>("--markdown") { Description = "For --techniques and --engines: print the table as Markdown." };
        var json = new Option<bool>("--json") { Description = "One JSON object a figure or technique, one a line, after one for the machine." };
        var command = new Command("bench", "Measure throughput, start-up and memory on this machine, or compare techniques or engines.")
        {
            sections, quick, techniques, picture, engines, models, sides, threads, markdown, json,
        };
        command.Validators.Add(result =>
        {
            Check(result, techniques, [picture], sections, quick);
            CheckEngines(result, engines, techniques, [models, sides, threads], sections, markdown);
        });
        command.SetAction((arguments, cancellationToken) => arguments.GetValue(engines)
            ? Task.Factory.StartNew(
                () => CompareEngines(
                    arguments.GetValue(models) ?? [], arguments.GetValue(sides) ?? [], arguments.GetValue(threads) ?? [], arguments.GetValue(quick), arguments.GetValue(json), arguments.GetValue(markdown), cancellationToken),
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)
            : arguments.GetValue(techniques) is { } folder
            ? CompareAsync(arguments.GetValue(picture), Path.GetFullPath(folder), arguments.GetValue(json), arguments.GetValue(markdown), cancellationToken)
            : MeasureAsync(arguments.GetValue(sections) is { Length: > 0 } some ? some : s_sections, arguments.GetValue(quick), arguments.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> MeasureAsync(string[] sections, bool quick, bool json, CancellationToken cancellationToken)
    {
        int runs = quick ? 2 : 5;
        using var bench = new Workbench();
        var figures = new List<Figure>();
        foreach (string section in s_sections.Intersect(sections))
        {
            Say(section);
            figures.AddRange(section switch
            {
                Throughput => await ThroughputBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false),
                Resampling => await ResizeBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false),
                StartUp => await StartupBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false),
                Diffusion => await DiffusionBench.RunAsync(bench, runs, cancellationToken).ConfigureAwait(false),
                _ => await MemoryBench.RunAsync(bench, quick, cancellationToken).ConfigureAwait(false),
            });
        }

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

    private static async Task<int> CompareAsync(string? picture, string folder, bool json, bool markdown, CancellationToken cancellationToken)
    {
        using var bench = new Workbench();
        IReadOnlyList<TechniqueFigures> figures = await TechniqueBench.RunAsync(picture is null ? bench.Picture : Path.GetFullPath(picture), folder, Say, cancellationToken).ConfigureAwait(false);
        Machine machine = Machine.Describe(BareRun.RuntimeVersion, VipsResize.LibraryVersion);
        string table = TechniqueTable.Markdown(figures);
        await File.WriteAllTextAsync(Path.Combine(folder, TechniqueTable.FileName), $"{machine}\n\n{table}", cancellationToken).ConfigureAwait(false);
        if (json)
        {
            JsonLines.Write(machine);
            foreach (TechniqueFigures line in figures)
                JsonLines.Write(line);
        }
        else if (markdown)
        {
            Console.Out.Write(table);
        }
        else
        {
            Console.Out.WriteLine(machine);
            TextTable.Write(TechniqueTable.Columns, figures.Select(TechniqueTable.Row));
        }

        return ExitCode.Done;
    }

    private static int CompareEngines(string[] models, int[] sides, int[] threads, bool quick, bool json, bool markdown, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelCard> all = UpscaleEngine.Default.Models;
        if (models.FirstOrDefault(m => all.All(c => !c.Id.Equals(m, StringComparison.OrdinalIgnoreCase))) is { } unknown)
            throw new UpscaleException(UpscaleErrorId.ModelNotFound, $"There is no network '{unknown}'. Installed are {string.Join(", ", all.Select(c => c.Id))}.");
        IEnumerable<EngineFigures> figures = EnginesBench.Run(
            models.Length == 0 ? all.Where(c => c.Path.StartsWith(UpscaleEngine.Default.Home.BundledModels, StringComparison.Ordinal)) : all.Where(c => models.Contains(c.Id, StringComparer.OrdinalIgnoreCase)),
            sides.Length == 0 ? EnginesBench.Sides : sides,
            threads.Length == 0 ? [.. new[] { 1, Environment.ProcessorCount }.Distinct()] : threads,
            quick ? TimeSpan.FromSeconds(0.2) : TimeSpan.FromSeconds(2),
            Say,
            cancellationToken);
        if (json)
        {
            bool first = true;
            foreach (EngineFigures line in figures)
            {
                // The version of ONNX Runtime is known once it has been loaded.
                if (first)
                    JsonLines.Write(Machine.Describe(BareRun.RuntimeVersion, VipsResize.LibraryVersion));
                first = false;
                JsonLines.Write(line);
            }

            return ExitCode.Done;
        }

        EngineFigures[] lines = [.. figures];
        Console.Out.WriteLine(Machine.Describe(BareRun.RuntimeVersion, VipsResize.LibraryVersion));
        if (markdown)
            Console.Out.Write(EngineTable.Markdown(lines));
        else
            TextTable.Write(EngineTable.Columns, lines.Select(EngineTable.Row));
        return ExitCode.Done;
    }

    private static void CheckEngines(CommandResult result, Option<bool> engines, Option<string?> techniques, IEnumerable<Option> needing, Argument<string[]> sections, Option<bool> markdown)
    {
        bool asked = result.GetValue(engines), compares = result.GetResult(techniques) is not null;
        if (!asked)
        {
            foreach (Option option in needing.Where(o => result.GetResult(o) is { Implicit: false }))
                result.AddError($"{option.Name} needs {engines.Name}.");
            if (!compares && result.GetResult(markdown) is { Implicit: false })
                result.AddError($"{markdown.Name} needs {techniques.Name} or {engines.Name}.");
        }
        else if (compares || result.GetResult(sections) is { Tokens.Count: > 0 })
        {
            result.AddError($"{engines.Name} goes without {sections.Name} and {techniques.Name}.");
        }
    }

    /// <summary>Refuses what would have no effect.</summary>
    private static void Check(CommandResult result, Option<string?> techniques, IEnumerable<Option> needing, Argument<string[]> sections, Option<bool> quick)
    {
        if (result.GetResult(techniques) is null)
        {
            foreach (Option option in needing.Where(o => result.GetResult(o) is { Implicit: false }))
                result.AddError($"{option.Name} needs {techniques.Name}.");
        }
        else if (result.GetResult(sections) is { Tokens.Count: > 0 } || result.GetResult(quick) is { Implicit: false })
        {
            result.AddError($"{techniques.Name} goes without {sections.Name} and {quick.Name}.");
        }
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
