using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale models measure</c>: speed, memory, halo and fidelity of networks on this machine.</summary>
internal static class ModelsMeasure
{
    public static Command Create()
    {
        var models = new Argument<string[]>("models") { Description = "Ids of installed networks, or paths.", Arity = ArgumentArity.OneOrMore };
        var pictures = new Option<string[]>("--path") { HelpName = "FILE", Description = "A picture to reduce, enlarge and compare; may be given again. [default: the module's samples]" };
        var device = new Option<string>("--device") { HelpName = "NAME", Description = "What runs the networks.", DefaultValueFactory = _ => "Auto" };
        Option<InferenceEngine?> engine = EngineOption.Create();
        var json = new Option<bool>("--json") { Description = "One JSON object a network, one a line." };
        var command = new Command("measure", "Measure speed, memory, halo and PSNR of networks.") { models, pictures, device, engine, json };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var measurer = new ModelMeasurer(UpscaleEngine.Default);
            string folder = Environment.CurrentDirectory;
            string[] paths = [.. (arguments.GetValue(pictures) ?? []).Select(p => Path.GetFullPath(p, folder))];
            var rows = new List<string[]>();
            bool failed = false;
            foreach (string model in arguments.GetRequiredValue(models))
            {
                try
                {
                    ModelMeasurement measured = await measurer.MeasureAsync(model, paths, arguments.GetRequiredValue(device), EngineOption.Engine(arguments, engine), folder, cancellationToken).ConfigureAwait(false);
                    rows.Add(Row(measured));
                    if (arguments.GetValue(json))
                        JsonLines.Write(measured);
                }
                catch (UpscaleException e)
                {
                    failed = true;
                    Console.Error.WriteLine($"upscale: {model}: {Failure.Describe(e)}");
                    if (arguments.GetValue(json))
                        JsonLines.WriteFailure(model, e);
                }
            }

            if (!arguments.GetValue(json) && rows.Count > 0)
                TextTable.Write(["model", "scale", "Mpx/s", "memory", "halo", "visible halo", "card halo", "PSNR", "bicubic PSNR", "device"], rows);
            return !failed ? ExitCode.Done : rows.Count > 0 ? ExitCode.SomeFailed : ExitCode.NothingDone;
        });
        return command;
    }

    private static string[] Row(ModelMeasurement measured) =>
    [
        measured.Model,
        $"{measured.Scale}x",
        measured.MegapixelsPerSecond.ToString("0.000", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"{measured.MemoryBytes / 1e6:0} MB"),
        Number(measured.Halo, "0"),
        Number(measured.VisibleHalo, "0"),
        Number(measured.CardHalo, "0"),
        Number(measured.Psnr, "0.00"),
        Number(measured.BicubicPsnr, "0.00"),
        measured.Device,
    ];

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
