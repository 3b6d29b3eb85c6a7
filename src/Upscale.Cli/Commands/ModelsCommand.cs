using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale models</c>: the installed networks, with their components.</summary>
internal static class ModelsCommand
{
    /// <summary>Text encoders give the states of all their layers; these are enough to know a graph by.</summary>
    private const int NamedTensors = 5;

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a network, one a line." };
        var command = new Command("models", "List the installed networks.") { json };
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
                TextTable.Write(["id", "scale", "MFLOP/px", "licence", "purpose"], engine.Models.SelectMany(Rows));
            }

            foreach (string error in engine.ModelErrors)
                Console.Error.WriteLine($"upscale: {error}");
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string[]> Rows(ModelCard card) => card.Components
        .Select(component => (string[])[$"{card.Id}/{component.Name}", "", "", "", Text(component)])
        .Prepend([card.Id, $"{card.Scale}x", Number(card.MegaflopsPerPixel), card.Licence ?? "", card.Purpose ?? card.Pipeline ?? ""]);

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
