using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Upscale.Cli.Output;
using Upscale.Imaging;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale run</c>: makes pictures of pictures.</summary>
internal sealed class RunCommand
{
    /// <summary>Pictures whose plans wait: enough to hide planning, few enough to keep memory flat.</summary>
    private const int PlannedAhead = 64;

    private readonly Argument<string[]> _sources = new("sources")
    {
        Description = "Files, folders or wildcard patterns; a name that begins with '-' goes after '--'.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _output = new("--output", "-o") { HelpName = "DIR", Description = "Folder for the results, made when it is missing. [default: beside each source]" };
    private readonly Option<double?> _scale = new("--scale") { CustomParser = Number<double>, HelpName = "N", Description = "Factor of width and height, such as 2 or 1.5. [default: the network's]" };
    private readonly Option<int?> _width = new("--width") { CustomParser = Number<int>, HelpName = "PIXELS", Description = "Width of the result; alone it keeps the aspect ratio." };
    private readonly Option<int?> _height = new("--height") { CustomParser = Number<int>, HelpName = "PIXELS", Description = "Height of the result; alone it keeps the aspect ratio." };
    private readonly Option<string?> _model = new("--model") { HelpName = "ID|PATH", Description = "Network: an id that 'upscale models' lists, or the path of an .onnx file or of a network's folder." };
    private readonly Option<string[]> _stage = new("--stage") { HelpName = "ID[:key=value,...]", Description = "Stage that 'upscale stages' lists, with its options; repeated, a chain. [default: gan]" };
    private readonly Option<string> _device = new("--device") { HelpName = "NAME", Description = "What runs the networks, as 'upscale devices' lists; an error when it is not there.", DefaultValueFactory = _ => "Auto" };
    private readonly Option<string?> _format = new("--format") { HelpName = "FORMAT", Description = "Format of the results, such as png, jpeg, webp, tiff. [default: the source's]" };
    private readonly Option<int?> _quality = new("--quality") { CustomParser = Number<int>, HelpName = "1..100", Description = "Quality of formats with loss." };
    private readonly Option<string> _name = new("--name") { HelpName = "TEMPLATE", Description = "File name of the results, with {name}, {ext}, {scale}, {width}, {height}, {model}, {stage}.", DefaultValueFactory = _ => NameTemplate.Default };
    private readonly Option<int?> _tile = new("--tile") { CustomParser = Number<int>, HelpName = "PIXELS", Description = "Largest side of a tile in source pixels. [default: as memory allows]" };
    private readonly Option<long?> _seed = new("--seed") { CustomParser = Number<long>, HelpName = "N", Description = "Seed of stages with randomness." };
    private readonly Option<string?> _prompt = new("--prompt") { HelpName = "TEXT", Description = "What the picture shows, for diffusion networks that are led by text." };
    private readonly Option<string?> _negativePrompt = new("--negative-prompt") { HelpName = "TEXT", Description = "What the picture shall not show." };
    private readonly Option<double?> _guidance = new("--guidance") { CustomParser = Number<double>, HelpName = "0..50", Description = "How closely the prompt is followed; 1 is without guidance." };
    private readonly Option<int?> _steps = new("--steps") { CustomParser = Number<int>, HelpName = "N", Description = "Steps of a diffusion." };
    private readonly Option<double?> _strength = new("--strength") { CustomParser = Number<double>, HelpName = "0..1", Description = "How much a refinement may change." };
    private readonly Option<string?> _scheduler = new("--scheduler") { HelpName = "NAME", Description = "Sampling method of a diffusion. [default: the network's]" };
    private readonly Option<double?> _temperature = new("--temperature") { CustomParser = Number<double>, HelpName = "0..1", Description = "Factor for all noise. [default: the network's]" };
    private readonly Option<string?> _mask = new("--mask") { HelpName = "FILE", Description = "A picture that is white where the result may differ from the source." };
    private readonly Option<string?> _colorFix = new("--color-fix") { HelpName = "NAME", Description = "How the colours of the source are brought back." };
    private readonly Option<double?> _consistency = new("--consistency") { CustomParser = Number<double>, HelpName = "0..1", Description = "How far the result, reduced, must agree with the source." };
    private readonly Option<double?> _timeLimit = new("--time-limit") { CustomParser = Number<double>, HelpName = "SECONDS", Description = "Longest time for a picture; what takes longer is an error. [default: any]" };
    private readonly Option<bool> _noSoftwareTag = new("--no-software-tag") { Description = "Do not tell in the results' metadata what was done." };
    private readonly Option<bool> _recurse = new("--recurse") { Description = "Take folders with all below them; the results keep the tree." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace existing results." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a picture, one a line." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Say nothing but errors." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Say what is decided." };
    private readonly Option<int?> _throttle = new("--throttle") { CustomParser = Number<int>, HelpName = "N", Description = "How many pictures are worked on at once.", DefaultValueFactory = _ => 2 };

    private RunCommand()
    {
        Within(_quality, 1, 100);
        Within(_tile, 1, int.MaxValue);
        Within(_throttle, 1, 1024);
        Within(_guidance, 0, 50);
        Within(_steps, 1, 1000);
        Within(_strength, 0, 1);
        Within(_temperature, 0, 1);
        Within(_consistency, 0, 1);
        Within(_timeLimit, 0.001, UpscaleRequest.LongestTimeLimit.TotalSeconds);
        _model.CompletionSources.Add(_ => UpscaleEngine.Default.Models.Select(m => m.Id));
        _stage.CompletionSources.Add(_ => UpscaleEngine.Default.Stages.Select(s => s.Id));
        _device.CompletionSources.Add(_ => UpscaleEngine.Default.DeviceNames);
        _scheduler.CompletionSources.Add(_ => UpscaleEngine.Default.Choices("scheduler"));
        _colorFix.CompletionSources.Add(_ => UpscaleEngine.Default.Choices("colorFix"));
    }

    public static Command Create()
    {
        var run = new RunCommand();
        var command = new Command("run", "Enlarge pictures.")
        {
            run._sources, run._output, run._scale, run._width, run._height, run._model, run._stage, run._device, run._format, run._quality,
            run._name, run._tile, run._seed, run._prompt, run._negativePrompt, run._guidance, run._steps, run._strength, run._scheduler, run._temperature,
            run._mask, run._colorFix, run._consistency, run._timeLimit, run._noSoftwareTag, run._recurse, run._force, run._json, run._quiet, run._verbose, run._throttle,
        };
        command.SetAction(run.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        if (UnknownOption(arguments) is { } unknown)
        {
            throw new UpscaleException(
                UpscaleErrorId.OptionInvalid,
                $"There is no option '{unknown}'; 'upscale run --help' lists them. A file whose name begins with '-' goes after '--'.");
        }

        string folder = Environment.CurrentDirectory;
        string[] patterns = arguments.GetRequiredValue(_sources);
        bool recurse = arguments.GetValue(_recurse);
        UpscaleRequest template = CreateTemplate(arguments, folder);
        IReadOnlyList<SourceFile> sources = SourceExpander.Expand(patterns, recurse, folder);
        await using var output = new RunOutput(
            arguments.GetValue(_json), arguments.GetValue(_quiet), arguments.GetValue(_verbose), folder, sources.Count);
        string[] unmatched = [.. patterns.Where(pattern => SourceExpander.Expand([pattern], recurse, folder).Count == 0)];
        foreach (string pattern in unmatched)
            output.WriteError($"{pattern}: no picture matches. [{UpscaleErrorId.FileNotFound}]");
        if (sources.Count == 0)
            return ExitCode.NothingDone;
        bool failed = await RunAsync(sources, template, arguments.GetValue(_throttle)!.Value, output, cancellationToken).ConfigureAwait(false);
        return failed || unmatched.Length > 0 ? ExitCode.SomeFailed : ExitCode.Done;
    }

    /// <summary>Works through the pictures; true when one failed.</summary>
    /// <exception cref="UpscaleException">No picture could be done, for a reason that concerns them all.</exception>
    private static async Task<bool> RunAsync(
        IReadOnlyList<SourceFile> sources, UpscaleRequest template, int throttle, RunOutput output, CancellationToken cancellationToken)
    {
        bool failed = false;
        await UpscaleEngine.Default.CheckAsync(template, cancellationToken).ConfigureAwait(false);
        await using var batch = new UpscaleBatch(UpscaleEngine.Default, throttle, output.Observe, cancellationToken);
        foreach (SourceFile source in sources)
        {
            try
            {
                batch.Add(await batch.PlanAsync(template with { Source = source.Path, RelativeFolder = source.RelativeFolder }).ConfigureAwait(false));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                batch.AddFailure(source.Path, e);
            }

            while (batch.TryNext(out UpscaleOutcome? outcome))
                Take(outcome);
            while (batch.Pending > PlannedAhead)
                Take(await batch.NextAsync().ConfigureAwait(false));
        }

        while (batch.Pending > 0)
            Take(await batch.NextAsync().ConfigureAwait(false));
        return failed;

        void Take(UpscaleOutcome outcome)
        {
            output.Write(outcome);
            failed |= outcome.Error is not null;
        }
    }

    private static T? Number<T>(ArgumentResult result) where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out T number))
            return number;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes a {Kind<T>()}, not '{text}'.");
        return null;
    }

    private static void Within<T>(Option<T?> option, T least, T most) where T : struct, INumber<T>, IMinMaxValue<T> => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<T?>() is not { } value || (value >= least && value <= most))
            return;
        string range = most == T.MaxValue ? $"at least {Text(least)}" : $"{Text(least)} to {Text(most)}";
        result.AddError($"{option.Name} takes a {Kind<T>()} of {range}, not {Text(value)}.");
    });

    private static string Kind<T>() where T : INumber<T> => T.IsInteger(T.One / (T.One + T.One)) ? "whole number" : "number";

    private static string Text<T>(T number) where T : INumber<T> => number.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A misspelt option, which the parser takes for the name of a picture; null when there is none.</summary>
    private string? UnknownOption(ParseResult arguments)
    {
        IEnumerable<Token> named = arguments.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash);
        var sources = new HashSet<Token>(arguments.GetResult(_sources)!.Tokens, ReferenceEqualityComparer.Instance);
        return named.FirstOrDefault(token => token.Value.StartsWith('-') && sources.Contains(token))?.Value;
    }

    private UpscaleRequest CreateTemplate(ParseResult arguments, string folder) => new()
    {
        Source = "",
        Destination = arguments.GetValue(_output) is { } destination ? Path.GetFullPath(destination, folder) : null,
        Stages = [.. (arguments.GetValue(_stage) ?? []).Select(StageSpec.Parse)],
        Model = arguments.GetValue(_model),
        Options = UpscaleRequest.OptionsGiven(
            ("prompt", arguments.GetValue(_prompt)),
            ("negativePrompt", arguments.GetValue(_negativePrompt)),
            ("guidance", arguments.GetValue(_guidance)),
            ("steps", arguments.GetValue(_steps)),
            ("strength", arguments.GetValue(_strength)),
            ("scheduler", arguments.GetValue(_scheduler)),
            ("temperature", arguments.GetValue(_temperature)),
            ("mask", arguments.GetValue(_mask)),
            ("colorFix", arguments.GetValue(_colorFix)),
            ("consistency", arguments.GetValue(_consistency))),
        Scale = arguments.GetValue(_scale),
        Width = arguments.GetValue(_width),
        Height = arguments.GetValue(_height),
        Device = arguments.GetRequiredValue(_device),
        Format = arguments.GetValue(_format) is { } format ? ImageFormats.FromName(format).Name : null,
        Quality = arguments.GetValue(_quality),
        NameFormat = arguments.GetRequiredValue(_name),
        Tile = arguments.GetValue(_tile),
        Seed = arguments.GetValue(_seed) ?? 0,
        Force = arguments.GetValue(_force),
        TimeLimit = arguments.GetValue(_timeLimit) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        SoftwareTag = !arguments.GetValue(_noSoftwareTag),
        BaseFolder = folder,
    };
}
