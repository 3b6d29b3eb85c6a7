using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Upscale.Cli.Output;
using Upscale.Imaging;
using Upscale.Inference;
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
    private readonly Option<double[]> _scale = new("--scale") { CustomParser = Numbers, HelpName = "N[,N...]", Description = "Factor of width and height, such as 2 or 1.5; of several, each makes a result. [default: the network's]" };
    private readonly Option<int?> _width = new("--width") { CustomParser = Number<int>, HelpName = "PIXELS", Description = "Width of the result; alone it keeps the aspect ratio." };
    private readonly Option<int?> _height = new("--height") { CustomParser = Number<int>, HelpName = "PIXELS", Description = "Height of the result; alone it keeps the aspect ratio." };
    private readonly Option<string[]> _model = new("--model") { HelpName = "ID|PATH[,...]", Description = "Network: an id that 'upscale models' lists, or the path of an .onnx file or of a network's folder; of several, each makes a result." };
    private readonly Option<string?> _pipeline = new("--pipeline") { HelpName = "NAME|FILE", Description = "Chain by a name: one that 'upscale pipeline list' lists, or the path of a recipe." };
    private readonly Option<string[]> _stage = new("--stage") { HelpName = "ID[:key=value,...]", Description = "Stage that 'upscale stages' lists, with its options; repeated, a chain. [default: gan]" };
    private readonly Option<int?> _frame = new("--frame") { CustomParser = Number<int>, HelpName = "N", Description = "Take one frame of an animation or one page, counted from 0. [default: all where the result's format holds them (gif, webp, tiff), else the first]" };
    private readonly Option<InferenceEngine?> _engine = EngineOption.Create();
    private readonly Option<string> _device = new("--device") { HelpName = "NAME", Description = "What runs the networks, as 'upscale devices' lists; an error when it is not there.", DefaultValueFactory = _ => "Auto" };
    private readonly Option<string?> _format = new("--format") { HelpName = "FORMAT", Description = "Format of the results, such as png, jpeg, webp, tiff. [default: the source's]" };
    private readonly Option<int?> _quality = new("--quality") { CustomParser = Number<int>, HelpName = "1..100", Description = "Quality of formats with loss." };
    private readonly Option<bool> _lossless = new("--lossless") { Description = "Lose nothing: webp, avif, heif. Png and tiff never do." };
    private readonly Option<string?> _compression = new("--compression") { HelpName = "0..9|NAME", Description = "How a format without loss packs: 0 (fast) to 9 (small) for png; none, lzw, deflate, packbits for tiff." };
    private readonly Option<ChromaSubsampling?> _subsampling = new("--subsampling") { CustomParser = ChoiceArgument.Parse<ChromaSubsampling>, HelpName = "auto|on|off", Description = "Whether jpeg, avif and heif store colour at half the resolution. [default: as the quality suggests]" };
    private readonly Option<bool> _pyramid = new("--pyramid") { Description = "Write tiff files in tiles with ever smaller pictures below, for viewers of large pictures." };
    private readonly Option<bool> _keepPhysicalSize = new("--keep-physical-size") { Description = "Multiply the resolution (dots per inch) by the scale, so that a result is printed as large as its source." };
    private readonly Option<string?> _depth = new("--depth") { HelpName = "8|16|float", Description = "How samples are stored; sources of more than 8 bits are dithered where 8 are written. [default: the source's depth, or the most that the format holds]" };
    private readonly Option<AlphaMode?> _alphaMode = new("--alpha-mode") { CustomParser = ChoiceArgument.Parse<AlphaMode>, HelpName = "resample|network", Description = "How transparency is enlarged: by itself, or as a gray picture through the same stages as the colours. [default: resample]" };
    private readonly Option<string?> _background = new("--background") { HelpName = "COLOUR", Description = "What transparent pictures are put over where the format holds no transparency: #RRGGBB, white, black, gray. [default: white]" };
    private readonly Option<MetadataStrip?> _stripMetadata = new("--strip-metadata") { CustomParser = ChoiceArgument.Parse<MetadataStrip>, HelpName = "none|gps|all", Description = "Leave out the place where the picture was taken, or everything but the colour profile and the resolution. [default: none]" };
    private readonly Option<RgbSpace?> _rgbSpace = new("--rgb-space") { CustomParser = ChoiceArgument.Parse<RgbSpace>, HelpName = "srgb|displayp3", Description = "Where CMYK and Lab sources are brought; RGB sources stay in their own space. [default: srgb]" };
    private readonly Option<long?> _maxPixels = new("--max-pixels") { CustomParser = Number<long>, HelpName = "N", Description = "Most pixels that a source may declare, all frames or pages that are taken together. [default: 2147483648, or 268435456 where it must be decoded as a whole]" };
    private readonly Option<bool> _allowTruncated = new("--allow-truncated") { Description = "Take what is there of a source that is cut short or damaged, with a warning." };
    private readonly Option<string?> _name = new("--name") { HelpName = "TEMPLATE", Description = $"File name of the results, with {{name}}, {{ext}}, {{dir}}, {{scale}}, {{width}}, {{height}}, {{model}}, {{stage}}, {{index:000}}, {{date:yyyy-MM-dd}}. [default: {NameTemplate.Default}, with {{model}} where there are several]" };
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
    private readonly Option<double?> _stageTimeout = new("--stage-timeout") { CustomParser = Number<double>, HelpName = "SECONDS", Description = "Longest time that a stage may work on one strip of a result; one that hangs is an error, and the other pictures go on. [default: any]" };
    private readonly Option<string?> _stageCache = new("--stage-cache") { HelpName = "DIR", Description = "Keep the results of all stages but the last there, so that changing the last stage does not run the others again." };
    private readonly Option<long?> _stageCacheSize = new("--stage-cache-size") { CustomParser = Number<long>, HelpName = "BYTES", Description = "Most bytes of the stage cache; what was not used for the longest time goes first. [default: 4294967296]" };
    private readonly PluginOptions _plugins = new() { Force = { Description = "The same as --existing replace; take plugins too whose files others could change." } };
    private readonly Option<bool> _noSoftwareTag = new("--no-software-tag") { Description = "Do not tell in the results' metadata what was done." };
    private readonly Option<bool> _recurse = new("--recurse") { Description = "Take folders with all below them; the results keep the tree." };
    private readonly Option<string?> _relativeTo = new("--relative-to") { HelpName = "DIR", Description = "A folder above the sources: below that of --output the results keep the folders between the two." };
    private readonly Option<ExistingTarget?> _existing = new("--existing") { HelpName = "error|skip|replace|rename", Description = "What to do where a result exists already. [default: error]" };
    private readonly Option<string?> _journal = new("--journal") { HelpName = "FILE", Description = "Record every outcome there, one JSON object a line; started again with it, do only what is missing, failed or changed." };
    private readonly Option<string?> _report = new("--report") { HelpName = "FILE", Description = "Write a page at the end that shows every picture before and after." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a picture, one a line." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Say nothing but errors." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Say what is decided." };
    private readonly Option<int?> _throttle = new("--throttle") { CustomParser = Number<int>, HelpName = "N", Description = "How many pictures are worked on at once.", DefaultValueFactory = _ => 2 };

    private RunCommand()
    {
        Within(_frame, 0, int.MaxValue);
        Within(_quality, 1, 100);
        Within(_maxPixels, 1, long.MaxValue);
        Within(_tile, 1, int.MaxValue);
        Within(_throttle, 1, 1024);
        Within(_stageCacheSize, 1, long.MaxValue);
        Within(_guidance, 0, 50);
        Within(_steps, 1, 1000);
        Within(_strength, 0, 1);
        Within(_temperature, 0, 1);
        Within(_consistency, 0, 1);
        Within(_timeLimit, 0.001, UpscaleRequest.LongestTimeLimit.TotalSeconds);
        Within(_stageTimeout, 0.001, UpscaleRequest.LongestTimeLimit.TotalSeconds);
        _model.CompletionSources.Add(_ => UpscaleEngine.Default.Models.Select(m => m.Id));
        _pipeline.CompletionSources.Add(_ => UpscaleEngine.Default.Recipes.Names);
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
            run._sources, run._output, run._scale, run._width, run._height, run._model, run._pipeline, run._stage, run._frame, run._device, run._engine, run._format, run._quality,
            run._lossless, run._compression, run._subsampling, run._pyramid, run._keepPhysicalSize, run._depth, run._alphaMode, run._background, run._stripMetadata, run._rgbSpace, run._maxPixels, run._allowTruncated,
            run._name, run._tile, run._seed, run._prompt, run._negativePrompt, run._guidance, run._steps, run._strength, run._scheduler, run._temperature,
            run._mask, run._colorFix, run._consistency, run._timeLimit, run._stageTimeout, run._stageCache, run._stageCacheSize, run._plugins.Folders, run._noSoftwareTag, run._recurse, run._relativeTo, run._existing, run._plugins.Force, run._journal, run._report, run._json, run._quiet, run._verbose, run._throttle,
        };
        command.SetAction(run.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        FileArguments.RefuseUnknownOptions(arguments, _sources);

        string folder = Environment.CurrentDirectory;
        string[] patterns = arguments.GetRequiredValue(_sources);
        bool recurse = arguments.GetValue(_recurse);
        await using UpscaleEngine engine = _plugins.Engine(arguments);
        IReadOnlyList<UpscaleRequest> variants = RequestVariants.Expand(
            CreateTemplate(arguments, folder, engine), Models(arguments.GetValue(_model) ?? [], folder), arguments.GetValue(_scale) ?? [], arguments.GetValue(_name));
        IReadOnlyList<SourceFile> sources = SourceExpander.Expand(patterns, recurse, folder, variants[0].Destination);
        await using var output = new RunOutput(
            arguments.GetValue(_json), arguments.GetValue(_quiet), arguments.GetValue(_verbose), folder, sources.Count * variants.Count);
        string[] unmatched = [.. patterns.Where(pattern => SourceExpander.Expand([pattern], recurse, folder).Count == 0)];
        foreach (string pattern in unmatched)
            output.WriteError($"{pattern}: no picture matches. [{UpscaleErrorId.FileNotFound}]");
        if (sources.Count == 0)
            return ExitCode.NothingDone;
        foreach (UpscaleRequest variant in variants)
            await engine.CheckAsync(variant, cancellationToken).ConfigureAwait(false);
        using RunJournal? journal = OpenJournal(arguments, folder, output);
        using RunReport? report = arguments.GetValue(_report) is { } page ? RunReport.Create(Path.GetFullPath(page, folder), TimeProvider.System) : null;
        bool failed = false;
        bool complete = false;
        try
        {
            var batch = new UpscaleBatch(engine, arguments.GetValue(_throttle)!.Value, output.Observe, cancellationToken) { Journal = journal, Report = report };
            await using (batch.ConfigureAwait(false))
                failed = await RunAsync(batch, sources, variants, output).ConfigureAwait(false);
            complete = true;
        }
        finally
        {
            report?.Write(complete);
        }

        return failed || unmatched.Length > 0 ? ExitCode.SomeFailed : ExitCode.Done;
    }

    /// <summary>Works through the pictures; true when one failed.</summary>
    private static async Task<bool> RunAsync(UpscaleBatch batch, IReadOnlyList<SourceFile> sources, IReadOnlyList<UpscaleRequest> variants, RunOutput output)
    {
        bool failed = false;
        HashSet<string> announced = [.. batch.Announce(sources.Select(s => s.Path))];
        foreach (SourceFile result in sources.Where(s => !announced.Contains(s.Path)))
            output.WriteDetail($"{result.Path} is a result of this run and no source.");
        foreach (UpscaleRequest request in sources.Where(s => announced.Contains(s.Path)).SelectMany(s => variants.Select(v => v with { Source = s.Path, RelativeFolder = s.RelativeFolder })))
        {
            try
            {
                batch.Add(await batch.PlanAsync(request).ConfigureAwait(false));
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                batch.AddFailure(request.Source, e);
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

    private RunJournal? OpenJournal(ParseResult arguments, string folder, RunOutput output)
    {
        if (arguments.GetValue(_journal) is not { } file)
            return null;
        string path = Path.GetFullPath(file, folder);
        RunJournal journal = RunJournal.Open(path, TimeProvider.System);
        if (journal.UnreadableLines > 0)
            output.WriteError($"{path}: warning: {journal.UnreadableLines} lines cannot be read: what they tell is done again.");
        return journal;
    }

    private ExistingTarget ExistingPolicy(ParseResult arguments)
    {
        ExistingTarget? existing = arguments.GetValue(_existing);
        if (!arguments.GetValue(_plugins.Force))
            return existing ?? ExistingTarget.Error;
        return existing is null or ExistingTarget.Replace
            ? ExistingTarget.Replace
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"--force means --existing replace, and --existing {existing.ToString()!.ToLowerInvariant()} was given too. Give one of them.");
    }

    /// <summary>The networks of a list; a comma may belong to a path.</summary>
    private static IEnumerable<string> Models(IEnumerable<string> given, string folder)
        => given.SelectMany(text => Path.Exists(Path.GetFullPath(text, folder)) ? [text] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static double[]? Numbers(ArgumentResult result)
    {
        var numbers = new List<double>();
        foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!double.TryParse(text, CultureInfo.InvariantCulture, out double number))
            {
                result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes numbers, not '{text}'.");
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
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

    private static TimeSpan? Seconds(double? seconds) => seconds is { } given ? TimeSpan.FromSeconds(given) : null;

    private static string Kind<T>() where T : INumber<T> => T.IsInteger(T.One / (T.One + T.One)) ? "whole number" : "number";

    private static string Text<T>(T number) where T : INumber<T> => number.ToString(null, CultureInfo.InvariantCulture);

    private UpscaleRequest CreateTemplate(ParseResult arguments, string folder, UpscaleEngine engine)
    {
        UpscaleRequest template = CreateRequest(arguments, folder, engine);
        return arguments.GetValue(_stageCacheSize) is { } size ? template with { StageCacheSize = size } : template;
    }

    private UpscaleRequest CreateRequest(ParseResult arguments, string folder, UpscaleEngine engine) => new()
    {
        Source = "",
        Destination = arguments.GetValue(_output) is { } destination ? Path.GetFullPath(destination, folder) : null,
        RelativeTo = arguments.GetValue(_relativeTo) is { } top ? Path.GetFullPath(top, folder) : null,
        Pipeline = arguments.GetValue(_pipeline) is { } pipeline ? engine.Recipes.Find(pipeline, folder) : null,
        Stages = [.. (arguments.GetValue(_stage) ?? []).Select(StageSpec.Parse)],
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
        Width = arguments.GetValue(_width),
        Height = arguments.GetValue(_height),
        Frame = arguments.GetValue(_frame),
        Device = arguments.GetRequiredValue(_device),
        Engine = EngineOption.Engine(arguments, _engine),
        Format = arguments.GetValue(_format) is { } format ? ImageFormats.FromName(format).Name : null,
        Quality = arguments.GetValue(_quality),
        Lossless = arguments.GetValue(_lossless),
        Compression = arguments.GetValue(_compression),
        Subsampling = arguments.GetValue(_subsampling) ?? default,
        Pyramid = arguments.GetValue(_pyramid),
        KeepPhysicalSize = arguments.GetValue(_keepPhysicalSize),
        Depth = arguments.GetValue(_depth) is { } depth ? SampleDepths.FromName(depth) : null,
        AlphaMode = arguments.GetValue(_alphaMode) ?? default,
        Background = arguments.GetValue(_background) is { } background ? RgbColour.Parse(background) : RgbColour.White,
        StripMetadata = arguments.GetValue(_stripMetadata) ?? default,
        RgbSpace = arguments.GetValue(_rgbSpace) ?? default,
        MaxPixels = arguments.GetValue(_maxPixels),
        AllowTruncated = arguments.GetValue(_allowTruncated),
        Tile = arguments.GetValue(_tile),
        Seed = arguments.GetValue(_seed) ?? 0,
        Existing = ExistingPolicy(arguments),
        TimeLimit = Seconds(arguments.GetValue(_timeLimit)),
        StageTimeout = Seconds(arguments.GetValue(_stageTimeout)),
        StageCache = arguments.GetValue(_stageCache) is { } cache ? Path.GetFullPath(cache, folder) : null,
        SoftwareTag = !arguments.GetValue(_noSoftwareTag),
        BaseFolder = folder,
    };
}
