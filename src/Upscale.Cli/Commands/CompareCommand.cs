using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale compare</c>: tells how far a result is from the truth and from what it was made of.</summary>
internal sealed class CompareCommand
{
    private readonly Argument<string[]> _pictures = new("pictures")
    {
        Description = "[REFERENCE] RESULT: the truth, of the result's size, or a folder with truths by name; then the result. The result alone goes with --source.",
        Arity = new ArgumentArity(1, 2),
    };

    private readonly Option<string?> _source = new("--source") { HelpName = "FILE|DIR", Description = "The picture that the result was made of, for the consistency; or a folder with such pictures by name." };
    private readonly Option<string?> _sideBySide = new("--side-by-side")
    {
        HelpName = "FILE|DIR",
        Description = "Picture to be made: truth, result and their difference, eight times, beside each other. Without a truth, the source, enlarged.",
    };

    private readonly Option<bool> _force = new("--force", "-f") { Description = "Replace an existing picture." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object; infinity is the text \"Infinity\"." };

    public static Command Create()
    {
        var compare = new CompareCommand();
        var command = new Command("compare", "Measure a result: PSNR, SSIM, MS-SSIM, colour difference (CIEDE2000), consistency with its source. Transparent pictures count over white.")
        {
            compare._pictures, compare._source, compare._sideBySide, compare._force, compare._json,
        };
        command.SetAction(compare.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string[] pictures = [.. arguments.GetRequiredValue(_pictures).Select(Path.GetFullPath)];
        FileArguments.RefuseUnknownOptions(arguments, _pictures);

        var request = new ComparisonRequest
        {
            Difference = pictures[^1],
            Reference = pictures.Length == 2 ? pictures[0] : null,
            Source = FullPath(arguments.GetValue(_source)),
            SideBySide = FullPath(arguments.GetValue(_sideBySide)),
            Force = arguments.GetValue(_force),
        };
        bool json = arguments.GetValue(_json);
        UpscaleComparison comparison;
        try
        {
            comparison = await new PictureComparer(UpscaleEngine.Default).CompareAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (json && e is not OperationCanceledException)
        {
            JsonLines.WriteFailure(request.Difference, e);
            throw;
        }

        foreach (string warning in comparison.Warnings)
            Console.Error.WriteLine($"upscale: warning: {warning}");
        if (json)
            WriteJson(comparison);
        else
            TextTable.Write(["figure", "value", "unit"], Rows(comparison));
        return ExitCode.Done;
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static IEnumerable<string[]> Rows(UpscaleComparison comparison)
    {
        (string Name, double? Value, string Format, string Unit)[] figures =
        [
            ("PSNR", comparison.Psnr, "0.00", "dB"),
            ("SSIM", comparison.Ssim, "0.0000", ""),
            ("MS-SSIM", comparison.MsSsim, "0.0000", ""),
            ("CIEDE2000", comparison.DeltaE, "0.00", ""),
            ("consistency", comparison.Consistency, "0.00", "dB"),
        ];
        return figures.Where(f => f.Value is not null).Select(f => (string[])[f.Name, f.Value!.Value.ToString(f.Format, CultureInfo.InvariantCulture), f.Unit]);
    }

    private static void WriteJson(UpscaleComparison comparison) => JsonLines.Write(new
    {
        ok = true,
        comparison.Reference,
        comparison.Difference,
        comparison.Source,
        psnr = Number(comparison.Psnr),
        comparison.Ssim,
        comparison.MsSsim,
        comparison.DeltaE,
        consistency = Number(comparison.Consistency),
        comparison.SideBySide,
        comparison.Warnings,
    });

    /// <summary>JSON has no number for infinity.</summary>
    private static object? Number(double? value) => value is { } number && double.IsInfinity(number) ? number.ToString(CultureInfo.InvariantCulture) : value;
}
