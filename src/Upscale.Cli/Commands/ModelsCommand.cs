using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale models</c>: the installed networks.</summary>
internal static class ModelsCommand
{
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
                TextTable.Write(["id", "scale", "MFLOP/px", "licence", "purpose"], engine.Models.Select(Row));
            }

            foreach (string error in engine.ModelErrors)
                Console.Error.WriteLine($"upscale: {error}");
            return ExitCode.Done;
        });
        return command;
    }

    private static string[] Row(ModelCard card) =>
    [
        card.Id,
        $"{card.Scale}x",
        card.MegaflopsPerPixel?.ToString("G3", CultureInfo.InvariantCulture) ?? "",
        card.Licence ?? "",
        card.Purpose ?? "",
    ];

    private static void WriteJson(ModelCard card) => JsonLines.Write(new
    {
        card.Id,
        card.Title,
        card.Purpose,
        card.Kind,
        card.Stages,
        Components = card.Components.Select(c => new { c.Name, c.Path, c.Sha256 }),
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
