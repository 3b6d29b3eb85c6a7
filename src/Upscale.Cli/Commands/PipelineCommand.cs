using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale pipeline</c>: lists pipelines, plans one without work, and prints the schema of recipes.</summary>
internal static class PipelineCommand
{
    public static Command Create() => new("pipeline", "List pipelines, plan one without work, print the schema of recipes.") { CreateList(), CreateTest(), CreateSchema() };

    private static Command CreateList()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a pipeline, one a line." };
        var command = new Command("list", "List the installed pipelines.") { json };
        command.SetAction(arguments =>
        {
            RecipeBook recipes = UpscaleEngine.Default.Recipes;
            UpscalePipeline[] installed = [.. recipes.Names.Select(name => recipes.Find(name, Environment.CurrentDirectory))];
            if (arguments.GetValue(json))
            {
                foreach (UpscalePipeline pipeline in installed)
                    JsonLines.Write(pipeline);
            }
            else
            {
                TextTable.Write(["pipeline", "stages", "what it is good for"], installed.Select(p => (string[])[p.Name, p.ToString(), p.Description ?? ""]));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateSchema()
    {
        var command = new Command("schema", "Print the JSON Schema of recipes with the installed stages.");
        command.SetAction(_ =>
        {
            Console.Out.Write(UpscaleEngine.Default.Recipes.Schema());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateTest()
    {
        var pipeline = new Argument<string>("pipeline") { Description = "Name of an installed pipeline, or path of a recipe." };
        var sources = new Argument<string[]>("sources") { Description = "Pictures to plan for; without one, a picture of --size.", Arity = ArgumentArity.ZeroOrMore };
        var size = new Option<string>("--size") { HelpName = "WxH", Description = "Size of the picture where there is none.", DefaultValueFactory = _ => "512x512" };
        var scale = new Option<double?>("--scale") { HelpName = "N", Description = "Factor of the whole chain. [default: its own]" };
        var device = new Option<string>("--device") { HelpName = "NAME", Description = "What runs the networks.", DefaultValueFactory = _ => "Auto" };
        Option<InferenceEngine?> inference = EngineOption.Create();
        var format = new Option<string?>("--format") { HelpName = "FORMAT", Description = "Format of the result. [default: the source's]" };
        var plugins = new PluginOptions();
        var json = new Option<bool>("--json") { Description = "One JSON object a stage and a refusal, one a line." };
        var command = new Command("test", "Tell what each stage would do, how long that may take, and everything that would be refused.") { pipeline, sources, size, scale, device, inference, format, plugins.Folders, plugins.Force, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            string folder = Environment.CurrentDirectory;
            await using UpscaleEngine engine = plugins.Engine(arguments);
            var request = new UpscaleRequest
            {
                Source = "",
                Pipeline = engine.Recipes.Find(arguments.GetRequiredValue(pipeline), folder),
                Scale = arguments.GetValue(scale),
                Device = arguments.GetRequiredValue(device),
                Engine = EngineOption.Engine(arguments, inference),
                Format = arguments.GetValue(format),
                BaseFolder = folder,
            };
            ImageShape shape = ParseSize(arguments.GetRequiredValue(size));
            bool refused = false;
            foreach (string source in (arguments.GetValue(sources) ?? []).DefaultIfEmpty(""))
            {
                UpscaleRequest one = request with { Source = source.Length > 0 ? Path.GetFullPath(source, folder) : "" };
                PipelineTest test = await engine.TestAsync(one, shape, cancellationToken).ConfigureAwait(false);
                Write(one, test, arguments.GetValue(json));
                refused |= test.Refusals.Count > 0;
            }

            return refused ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static ImageShape ParseSize(string text)
    {
        string[] parts = text.Split('x', 'X');
        if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height) && width > 0 && height > 0)
        {
            return new ImageShape(width, height, 3);
        }

        throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The size '{text}' cannot be read: write it as WIDTHxHEIGHT, such as 512x512.");
    }

    private static void Write(UpscaleRequest request, PipelineTest test, bool json)
    {
        if (json)
        {
            foreach (PipelineStagePlan stage in test.Stages)
            {
                JsonLines.Write(new
                {
                    ok = stage.Refusal is null, stage.Pipeline, stage.Source, stage.Index, stage.Stage, stage.Options,
                    input = Size(stage.Input), output = Size(stage.Output), stage.Tiles, tileSize = Size(stage.TileSize), stage.MemoryBytes,
                    stage.Model, stage.Device, stage.EstimatedTime, stage.Warnings, stage.Refusal,
                });
            }

            foreach (UpscaleException refusal in test.Refusals)
                JsonLines.WriteFailure(request.Source, refusal);
            return;
        }

        if (request.Source.Length > 0)
            Console.Out.WriteLine(request.Source);
        TextTable.Write(["#", "stage", "input", "output", "tiles", "tile", "memory", "time", "model", "device"], test.Stages.Select(Row));
        foreach (string warning in test.Warnings)
            Console.Error.WriteLine($"upscale: warning: {warning}");
        foreach (UpscaleException refusal in test.Refusals)
            Console.Error.WriteLine($"upscale: refused: {refusal.Message} [{refusal.ErrorId}]");
    }

    private static string[] Row(PipelineStagePlan stage) =>
    [
        stage.Index.ToString(CultureInfo.InvariantCulture),
        stage.Stage,
        Size(stage.Input),
        Size(stage.Output),
        stage.Output is null ? "" : stage.Tiles.ToString(CultureInfo.InvariantCulture),
        Size(stage.TileSize),
        stage.Output is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{stage.MemoryBytes / 1e6:0} MB"),
        stage.EstimatedTime is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s") : "",
        stage.Model ?? "",
        stage.Device ?? "",
    ];

    private static string Size(ImageShape? shape) => shape is { } known ? Size((known.Width, known.Height)) : "";

    private static string Size((int Width, int Height)? size) => size is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.Width} x {known.Height}") : "";
}
