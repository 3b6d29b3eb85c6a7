using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale models</c>: the installed networks, with their components; takes in further ones, and measures them.</summary>
internal static class ModelsCommand
{
    /// <summary>Text encoders give the states of all their layers; these are enough to know a graph by.</summary>
    private const int NamedTensors = 5;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a network, one a line." };
        var command = new Command("models", "List the installed networks, take in your own, measure them.") { json, CreateImport(), ModelsMeasure.Create() };
        command.SetAction(arguments =>
        {
            UpscaleEngine engine = UpscaleEngine.Default;
            if (arguments.GetValue(json))
            {
                foreach (ModelCard card in engine.Models)
                    WriteJson(card);
            }
            else
            {
                TextTable.Write(["id", "scale", "origin", "MFLOP/px", "licence", "purpose"], engine.Models.SelectMany(Rows));
            }

            foreach (string error in engine.ModelErrors)
                Console.Error.WriteLine($"upscale: {error}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateImport()
    {
        var path = new Argument<string>("path") { Description = "An .onnx file, or a folder with model.json, with model_index.json, or with one .onnx file." };
        var name = new Option<string?>("--name") { HelpName = "ID", Description = "Id of the network from then on. [default: the name of the file or folder]" };
        var force = new Option<bool>("--force") { Description = "Replace a network of your own that has this name." };
        var json = new Option<bool>("--json") { Description = "One JSON object for the network." };
        var command = new Command("import", "Try a network, copy it into your folder of models, and write a card for it that you can edit.") { path, name, force, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            UpscaleEngine engine = UpscaleEngine.Default;
            ModelImport import = await engine.PlanImportAsync(Path.GetFullPath(arguments.GetRequiredValue(path)), arguments.GetValue(name), arguments.GetValue(force), cancellationToken).ConfigureAwait(false);
            ModelCard card = await engine.ImportAsync(import, cancellationToken).ConfigureAwait(false);
            if (arguments.GetValue(json))
                WriteJson(card);
            else
                Console.Out.WriteLine($"{card.Id}  {card.Scale}x  {Path.GetDirectoryName(card.Path)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string[]> Rows(ModelCard card) => card.Components
        .Select(component => (string[])[$"{card.Id}/{component.Name}", "", "", "", "", Text(component)])
        .Prepend([card.Id, $"{card.Scale}x", $"{card.Origin}", Number(card.MegaflopsPerPixel), card.Licence ?? "", card.Purpose ?? card.Pipeline ?? ""]);

    private static string Text(ModelComponent component)
        => component.Parameters is { } parameters
            ? $"{Number(parameters / 1e6)} M weights; takes {Text(component.Inputs)}; gives {Text(component.Outputs)}"
            : $"cannot be read: {component.Path}";

    private static string Text(IReadOnlyList<TensorInfo> tensors)
    {
        IEnumerable<string> named = tensors.Take(NamedTensors).Select(t => $"{t.Name} {t.Type}[{string.Join(',', t.Dimensions.Select(Size))}]");
        return string.Join(", ", tensors.Count > NamedTensors ? named.Append($"and {tensors.Count - NamedTensors} more") : named);
    }

    private static string Size(int dimension) => dimension < 0 ? "?" : dimension.ToString(CultureInfo.InvariantCulture);

    private static string Number(double? number) => number?.ToString("G3", CultureInfo.InvariantCulture) ?? "";

    private static void WriteJson(ModelCard card) => JsonLines.Write(new
    {
        card.Id,
        card.Title,
        card.Purpose,
        card.Kind,
        card.Stages,
        card.Pipeline,
        card.LatentSpace,
        card.Components,
        card.Origin,
        card.Scale,
        card.Channels,
        card.OutputChannels,
        card.Halo,
        card.MinimumSize,
        card.MultipleOf,
        card.Border,
        card.GlobalPooling,
        card.BytesPerPixel,
        card.MegaflopsPerPixel,
        card.Parameters,
        card.Licence,
        card.Author,
        card.Source,
        card.Path,
        card.Sha256,
    });
}
