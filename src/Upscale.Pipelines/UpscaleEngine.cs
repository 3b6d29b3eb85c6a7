using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Pipelines.Plugins;
using Upscale.Pipelines.Running;

namespace Upscale.Pipelines;

/// <summary>
/// Turns pictures into pictures: knows the plugins, networks and devices of an installation, plans a request and runs the plan.
/// Thread-safe; one serves the whole process.
/// </summary>
public sealed class UpscaleEngine : IAsyncDisposable
{
    /// <summary>What may wait between two stages.</summary>
    private const long PrefetchBytes = 16L << 20;

    /// <summary>Stands for every picture where a request is checked before the first one.</summary>
    private static readonly ImageShape s_anyPicture = new(256, 256, 3);

    private static readonly Lazy<UpscaleEngine> s_default = new(() => new UpscaleEngine(UpscaleHome.Find(AppContextFolder()), SessionPool.Shared));

    private readonly PluginCatalog _plugins;
    private readonly SessionPool _pool;
    private readonly Fingerprints _fingerprints;
    private readonly InstalledModels _models;
    private readonly StageRates _rates;
    private readonly EngineMemory _engines;

    /// <param name="home">The installation.</param>
    /// <param name="pool">The networks that are loaded.</param>
    public UpscaleEngine(UpscaleHome home, SessionPool pool)
        : this(
            home ?? throw new ArgumentNullException(nameof(home)),
            new PluginCatalog(home.BuiltInPlugins, () => home.PluginFolders),
            new InstalledModels(home),
            pool ?? throw new ArgumentNullException(nameof(pool)),
            new StageRates(home.RatesFile),
            new EngineMemory(home.EnginesFile))
    {
    }

    private UpscaleEngine(UpscaleHome home, PluginCatalog plugins, InstalledModels models, SessionPool pool, StageRates rates, EngineMemory engines)
    {
        Home = home;
        _plugins = plugins;
        _models = models;
        _pool = pool;
        _fingerprints = new Fingerprints(plugins, pool);
        _rates = rates;
        _engines = engines;
        Recipes = new RecipeBook(plugins, () => home.RecipeFolders);
    }

    /// <summary>The engine of the installation that this assembly belongs to.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public static UpscaleEngine Default => s_default.Value;

    /// <summary>The installation.</summary>
    public UpscaleHome Home { get; }

    /// <summary>Pipelines as files.</summary>
    public RecipeBook Recipes { get; }

    /// <summary>What can be chained. Loads no plugin.</summary>
    public IReadOnlyList<StageInfo> Stages
    {
        get
        {
            _plugins.Refresh();
            return _plugins.Stages;
        }
    }

    /// <summary>The plugins that are there now, usable or not, with their hashes. Loads none.</summary>
    public IReadOnlyList<PluginInfo> Plugins
    {
        get
        {
            _plugins.Refresh();
            return _plugins.HashedPlugins;
        }
    }

    /// <summary>The networks that are installed now. Loads none.</summary>
    public IReadOnlyList<ModelCard> Models => _models.Catalog.Cards;

    /// <summary>What is wrong with installed networks that cannot be used.</summary>
    public IReadOnlyList<string> ModelErrors => [.. _models.Catalog.Errors.Select(e => e.Message)];

    /// <summary>Full paths of the pictures that come with this program to measure networks with.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public IReadOnlyList<string> Samples
        => Directory.Exists(Home.Samples) && Directory.GetFiles(Home.Samples, "*.png") is { Length: > 0 } files
            ? [.. files.Order(StringComparer.Ordinal)]
            : throw new UpscaleException(UpscaleErrorId.NotInstalled, $"The sample pictures are missing: {Home.Samples} holds none. Name pictures to measure with, or install the module whole.");

    /// <summary>Looks at a network that is to become one of the user's own, and settles its name; nothing is written.</summary>
    /// <param name="source">Full path of an .onnx file, or of a folder with a network in it.</param>
    /// <param name="name">Its id from then on; null for the name of the file or folder.</param>
    /// <param name="force">True to replace a network of the user's of that name.</param>
    /// <param name="cancellationToken">Ends the trial.</param>
    /// <exception cref="UpscaleException"><see cref="ModelImporter.PlanAsync"/> tells which.</exception>
    public Task<ModelImport> PlanImportAsync(string source, string? name, bool force, CancellationToken cancellationToken)
        => Importer().PlanAsync(source, name, force, cancellationToken);

    /// <summary>Makes a network one of the user's own, whole or not at all; it is listed from then on.</summary>
    /// <param name="import">From <see cref="PlanImportAsync"/>.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="UpscaleException"><see cref="ModelImporter.RunAsync"/> tells which.</exception>
    public async Task<ModelCard> ImportAsync(ModelImport import, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(import);
        await Importer().RunAsync(import, cancellationToken).ConfigureAwait(false);
        return _models.Catalog.Find(import.Id)!;
    }

    /// <summary>The devices, usable or not; probes them at the first call.</summary>
    public IReadOnlyList<DeviceInfo> Devices => _pool.Devices.All;

    /// <summary>Names that a request may give as device. Probes nothing.</summary>
    public IReadOnlyList<string> DeviceNames => ["Auto", .. DeviceKind.All];

    /// <summary>The values of an option that any stage declares as a choice, each once. Loads no plugin.</summary>
    /// <param name="option">Name of the option, in any case.</param>
    public IReadOnlyList<string> Choices(string option)
        => [.. Stages.SelectMany(s => s.Options).Where(o => o.Name.Equals(option, StringComparison.OrdinalIgnoreCase)).SelectMany(o => o.Choices).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The networks that are loaded.</summary>
    public IReadOnlyList<SessionInfo> Sessions => _pool.Sessions;

    /// <summary>Unloads networks: idle ones at once, busy ones when they are done.</summary>
    /// <param name="model">Id of a network; null for all.</param>
    /// <returns>How many.</returns>
    public int ClearSessions(string? model) => _pool.Clear(model);

    /// <summary>
    /// This engine with further plugins: those of the installation and what is loaded already is shared. Disposing the one that is given lets
    /// go of its own plugins.
    /// </summary>
    /// <param name="pluginFolders">Full paths of folders that are plugins or whose sub-folders are. They count before those of the environment and the user.</param>
    /// <param name="force">True to take plugins that others could change.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileNotFound"/>: one of the folders is not there.</exception>
    public UpscaleEngine With(IReadOnlyList<string> pluginFolders, bool force)
    {
        ArgumentNullException.ThrowIfNull(pluginFolders);
        if (pluginFolders.FirstOrDefault(f => !Directory.Exists(f)) is { } missing)
            throw new UpscaleException(UpscaleErrorId.FileNotFound, $"There is no folder {missing} to look for plugins in.");
        return new UpscaleEngine(Home, _plugins.With(pluginFolders, force), _models, _pool, _rates, _engines);
    }

    /// <summary>Checks what is the same for every picture: names of stages, networks, devices and formats, and options.</summary>
    /// <param name="request">Its source does not count.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="UpscaleException">No picture could be done with this request; the message says why.</exception>
    public async Task CheckAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = CheckOptions(request);
        _plugins.Refresh();
        StageServices services = Services(request, null, null);
        try
        {
            await using StageChain chain = await StageChain.FromRequestAsync(request, s_anyPicture, _plugins, services, cancellationToken).ConfigureAwait(false);
        }
        catch (UpscaleException e) when (e.ErrorId == UpscaleErrorId.ImageTooLarge)
        {
            // That depends on the picture after all.
        }
    }

    /// <summary>Checks everything that can be checked before work, and settles sizes, networks and the target's name.</summary>
    /// <exception cref="UpscaleException">The request is refused; the message says why.</exception>
    public async Task<UpscalePlan> PlanAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        UpscalePlan plan = await SettleAsync(request, 1, DateTimeOffset.Now, cancellationToken).ConfigureAwait(false);
        return TargetPolicy.Apply(plan, false, _ => false);
    }

    /// <summary>As <see cref="PlanAsync"/>, but for what lies at the target's place.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="index">Place of the source in the run, from 1.</param>
    /// <param name="date">When the run began.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    internal async Task<UpscalePlan> SettleAsync(UpscaleRequest request, int index, DateTimeOffset date, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ImageFormat? asked = CheckOptions(request);
        StageServices services = Services(request, null, null);
        var warnings = new List<string>();
        ImageHeader header;
        await using (ImageReader reader = ImageReader.Open(request.Source, Reading(request)))
            header = reader.Header;
        ImageFormat format = TargetFormat(asked, header);
        IReadOnlyList<ImageHeader> headers = [header];
        if (request.Frame is null && header.Frames > 1)
        {
            if (format.HoldsFrames)
                headers = await ReadHeadersAsync(request, cancellationToken).ConfigureAwait(false);
            else
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The file has {header.Frames} frames or pages, and a {format} file holds one: only the first is taken. -Frame takes another one{(header.Format == ImageFormats.Png ? ", but not of an animated PNG file" : "")}."));
        }

        if (format.HoldsTimes && headers.Select(h => h.HasAlpha).Distinct().Count() > 1)
            throw new UpscaleException(UpscaleErrorId.FormatNotSupported, $"Some pages of {request.Source} have transparency and others have not, which the frames of a {format} file cannot. Choose the format tiff, or take one page with -Frame.");
        List<FramePlan> frames = await PlanFramesAsync(request, headers, services, cancellationToken).ConfigureAwait(false);
        CheckEncoding(request, format, [.. frames.Select(f => f.Output)]);
        var plan = new UpscalePlan
        {
            Request = request,
            Target = "",
            Frames = frames,
            Device = frames[0].StagePlans.Select(p => p.Device).FirstOrDefault(d => d is not null) ?? DeviceKind.Cpu,
            Warnings = [.. headers.SelectMany(h => h.Warnings).Concat(warnings).Concat(services.Warnings).Distinct()],
            Format = format,
            Header = header,
            Networks = services.Networks,
        };
        return plan with { Target = Target(plan, index, date) };
    }

    private static async Task<IReadOnlyList<ImageHeader>> ReadHeadersAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        var headers = new List<ImageHeader>();
        await foreach (ImageReader reader in ImageReader.OpenFramesAsync(request.Source, Reading(request)).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            headers.Add(reader.Header);
        }

        return headers;
    }

    /// <summary>Plans frames of one size once.</summary>
    private async Task<List<FramePlan>> PlanFramesAsync(UpscaleRequest request, IReadOnlyList<ImageHeader> headers, StageServices services, CancellationToken cancellationToken)
    {
        var plans = new Dictionary<ImageShape, FramePlan>();
        var frames = new List<FramePlan>();
        foreach (ImageShape input in headers.Select(h => h.Shape))
        {
            if (!plans.TryGetValue(input, out FramePlan? plan))
            {
                await using StageChain chain = await StageChain.FromRequestAsync(request, input, _plugins, services, cancellationToken).ConfigureAwait(false);
                plans.Add(input, plan = new FramePlan { Input = input, Output = chain.Output, Stages = chain.Specs, StagePlans = chain.Plans });
            }

            frames.Add(plan);
        }

        return frames;
    }

    /// <summary>The networks on the device of a request.</summary>
    internal IModelPool ModelsFor(UpscaleRequest request) => Services(request, null, null).Models;

    /// <summary>A hash over everything that makes the result besides its source.</summary>
    internal Task<string> FingerprintAsync(UpscalePlan plan, CancellationToken cancellationToken) => _fingerprints.OfAsync(plan, cancellationToken);

    /// <summary>The stages of a request over a picture in memory: what a run does between decoding and encoding.</summary>
    internal async Task<IStripSource> ConnectAsync(UpscaleRequest request, IStripSource input, CancellationToken cancellationToken)
    {
        StageServices services = Services(request, null, null);
        StageChain chain = await StageChain.FromRequestAsync(request, input.Shape, _plugins, services, cancellationToken).ConfigureAwait(false);
        return new ChainSource(chain.Connect(input, PrefetchBytes), chain);
    }

    /// <summary>Plans a request as far as it goes, and finds everything that would be refused. Does no work.</summary>
    /// <param name="request">Its source may be empty: then a picture of the size <paramref name="input"/> is planned.</param>
    /// <param name="input">Size where there is no source.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    public async Task<PipelineTest> TestAsync(UpscaleRequest request, ImageShape input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await new PipelineTester(_plugins, _rates, r => Services(r, null, null)).TestAsync(
            request,
            async () =>
            {
                if (request.Source.Length == 0)
                    return (input, CheckOptions(request) ?? ImageFormats.Png);
                ImageFormat? asked = CheckOptions(request);
                await using ImageReader reader = ImageReader.Open(request.Source, Reading(request));
                return (reader.Header.Shape, TargetFormat(asked, reader.Header));
            },
            (format, output) => CheckEncoding(request, format, [output]),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does what was planned.</summary>
    /// <param name="plan">From <see cref="PlanAsync"/>.</param>
    /// <param name="progress">Told after each block of work, on any thread; null for nobody.</param>
    /// <param name="log">Told of decisions, on any thread; null for nobody.</param>
    /// <param name="cancellationToken">Ends the work; nothing half-written stays.</param>
    /// <exception cref="UpscaleException">The work failed, or took too long; the message says why. Nothing half-written stays.</exception>
    public async Task<UpscaleResult> RunAsync(UpscalePlan plan, IProgress<UpscaleProgress>? progress, Action<string>? log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.SkipReason is not null)
            return Result(plan) with { State = UpscaleState.Skipped };
        if (plan.Request.TimeLimit is not { } limit)
            return await WorkAsync(plan, progress, log, cancellationToken).ConfigureAwait(false);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit);
        try
        {
            return await WorkAsync(plan, progress, log, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limited.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new UpscaleException(
                UpscaleErrorId.TimeLimitExceeded,
                string.Create(CultureInfo.InvariantCulture, $"{plan.Request.Source} was given up: it was not done within {limit.TotalSeconds} s. Allow more time, or choose a lighter network, fewer steps or a smaller size."),
                e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _plugins.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<UpscaleResult> WorkAsync(UpscalePlan plan, IProgress<UpscaleProgress>? progress, Action<string>? log, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        UpscaleRequest request = plan.Request;
        int done = 0;
        void OnTiles(int finished)
        {
            // Tiles that turn out to be too large are cut smaller: then there are more than planned.
            int total = Interlocked.Add(ref done, finished);
            progress?.Report(new UpscaleProgress(Math.Min(total, plan.Tiles), plan.Tiles));
        }

        StageServices services = Services(request, OnTiles, log);
        IReadOnlyList<string> told = await WriteAsync(plan, services, cancellationToken).ConfigureAwait(false);
        return Result(plan) with { Elapsed = clock.Elapsed, Tiles = done, Engine = services.Engine, Warnings = [.. plan.Warnings.Concat(services.Warnings).Concat(told).Distinct()] };
    }

    /// <summary>Makes the picture; when it returns, all stages have ended.</summary>
    /// <returns>What was not kept, in words.</returns>
    private async Task<IReadOnlyList<string>> WriteAsync(UpscalePlan plan, StageServices services, CancellationToken cancellationToken)
    {
        UpscaleRequest request = plan.Request;
        FilePath.CreateFolder(Path.GetDirectoryName(plan.Target)!);
        EncodeOptions options = Encoding(request, plan.Format) with
        {
            Force = plan.Replace,
            Software = request.SoftwareTag ? SoftwareTag.Describe(plan, _plugins) : null,
        };
        var damage = new List<string>();
        var times = new List<(string Stage, StagePlan Plan, TimeSpan Time)>();
        IReadOnlyList<string> written = await ImageWriter.WriteAsync(
            plan.Target, options, [.. plan.Frames.Select(f => f.Output)], plan.Header.Animation, FramesAsync(plan, services, damage, times, cancellationToken), cancellationToken).ConfigureAwait(false);
        _rates.Learn(times, request.Engine);
        return [.. damage, .. written];
    }

    /// <summary>The frames as they will be written: each is read, goes through the stages and is let go before the next one is touched.</summary>
    /// <param name="plan">What is planned.</param>
    /// <param name="services">Of the colours' stages. Noise is the same for every frame, so that what does not move does not flicker.</param>
    /// <param name="damage">Receives what could not be decoded.</param>
    /// <param name="times">Receives what each stage did and how long it took.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    private async IAsyncEnumerable<ImageFrame> FramesAsync(UpscalePlan plan, StageServices services, List<string> damage, List<(string Stage, StagePlan Plan, TimeSpan Time)> times, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A network would be run for nothing on what is opaque, and might make it a little transparent.
        bool network = plan.Request.AlphaMode == AlphaMode.Network && !await IsOpaqueAsync(plan, cancellationToken).ConfigureAwait(false);
        int index = 0;
        await foreach (ImageReader reader in ReadAsync(plan).ConfigureAwait(false))
        {
            if (index == plan.Frames.Count || reader.Header.Shape != plan.Frames[index].Input || reader.Header.Format != plan.Header.Format)
                throw Changed(plan);
            FramePlan frame = plan.Frames[index++];
            await using StageChain chain = await StageChain.FromSpecsAsync(frame.Stages, frame.Input, services, cancellationToken).ConfigureAwait(false);
            await using StageChain? alphaChain = reader.Alpha is null ? null : await AlphaChainAsync(plan, frame, chain.Region, network, cancellationToken).ConfigureAwait(false);
            (IStripSource readColours, IStripSource? readAlpha) = (reader.Colours, reader.Alpha);
            if (readAlpha is not null && frame.Stages.Count > 0)
            {
                var tee = new StripTee(readAlpha);
                readAlpha = tee.First;
                readColours = new VisibleColourSource(readColours, tee.Second);
            }

            CachedStart? cached = plan.Request.StageCache is { } folder && frame.Stages.Count > 1
                ? new CachedStart(new StageCache(folder, plan.Request.StageCacheSize, services.Warn), await _fingerprints.OfStagesAsync(plan, index - 1, cancellationToken).ConfigureAwait(false))
                : null;
            await using IStripSource colours = chain.Connect(readColours, PrefetchBytes, cached);
            await using IStripSource? alpha = alphaChain?.Connect(readAlpha!, PrefetchBytes);
            try
            {
                yield return new ImageFrame(colours, alpha, reader.Metadata)
                {
                    Depth = plan.Request.Depth ?? reader.Header.Depth,
                    Dither = reader.Header.Depth > SampleDepth.Eight,
                };
            }
            finally
            {
                // Nobody asks for a frame after the last one.
                times.AddRange(chain.Times);
                if (reader.Damage is { } told)
                    damage.Add(told);
            }
        }

        if (index != plan.Frames.Count)
            throw Changed(plan);
    }

    private static IAsyncEnumerable<ImageReader> ReadAsync(UpscalePlan plan)
        => plan.Frames.Count > 1 ? ImageReader.OpenFramesAsync(plan.Request.Source, Reading(plan.Request)) : OneAsync(plan);

    private static async IAsyncEnumerable<ImageReader> OneAsync(UpscalePlan plan)
    {
        await using ImageReader reader = ImageReader.Open(plan.Request.Source, Reading(plan.Request));
        yield return reader;
    }

    private static UpscaleException Changed(UpscalePlan plan)
        => new(UpscaleErrorId.ImageCorrupt, $"{plan.Request.Source} was changed while it was waiting to be read. Run it again.");

    private static UpscaleResult Result(UpscalePlan plan) => new()
    {
        Source = plan.Request.Source,
        Path = plan.Target,
        Width = plan.Output.Width,
        Height = plan.Output.Height,
        Frames = plan.Frames.Count,
        Scale = plan.Scale,
        Pipeline = plan.Request.Pipeline?.Name,
        Stages = [.. plan.Stages.Select(s => s.ToString())],
        Model = string.Join(" + ", plan.Models) is { Length: > 0 } joined ? joined : null,
        Device = plan.Device,
        Elapsed = TimeSpan.Zero,
        Tiles = 0,
        Seed = plan.Request.Seed,
    };

    /// <summary>Checks what belongs to no stage; gives the format that was asked for.</summary>
    private ImageFormat? CheckOptions(UpscaleRequest request)
    {
        NameTemplate.Check(request.NameFormat);
        if (request.Quality is < 1 or > 100)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The quality {request.Quality} is out of range: it goes from 1 to 100.");
        if (request.Tile is < 1)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The tile size {request.Tile} is out of range: it is at least 1 pixel.");
        if (request.RelativeTo is not null && request.Destination is null)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, "A folder to which the results' folders are relative was given, but no folder for the results. Give both.");
        CheckTime("time limit", request.TimeLimit);
        CheckTime("time of a stage", request.StageTimeout);
        if (request.Pipeline is { } pipeline && (pipeline.Stages.Count == 0 || request.Stages.Count > 0))
            throw new UpscaleException(UpscaleErrorId.PipelineInvalid, $"The pipeline '{pipeline.Name}' {(pipeline.Stages.Count == 0 ? "has no stage: add one" : "was given, and stages too: give one of them")}.");
        if (request.StageCacheSize < 1)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The size {request.StageCacheSize} of the stage cache is out of range: it is at least 1 byte.");
        foreach ((string plugin, string hash) in request.Pipeline?.Plugins ?? new Dictionary<string, string>())
            _plugins.Verify(plugin, hash);
        if (request.MaxPixels is < 1)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The limit of {request.MaxPixels} pixels is out of range: it is at least 1.");
        if (request.Frame is < 0)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The frame {request.Frame} is out of range: frames and pages count from 0.");
        if (request.Format is not { } name)
            return null;
        ImageFormat format = ImageFormats.FromName(name);
        CheckEncoding(request, format, [s_anyPicture]);
        return format;
    }

    private static ImageFormat TargetFormat(ImageFormat? asked, ImageHeader header) => asked ?? (header.Format.CanWrite ? header.Format : ImageFormats.Png);

    private ModelImporter Importer() => new(_pool, _models.Catalog, Home.UserModels);

    private static void CheckTime(string name, TimeSpan? time)
    {
        if (time is { } given && (given <= TimeSpan.Zero || given > UpscaleRequest.LongestTimeLimit))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, string.Create(CultureInfo.InvariantCulture, $"The {name} {given.TotalSeconds} s is out of range: it is more than 0 s and at most {UpscaleRequest.LongestTimeLimit.TotalDays} days."));
    }

    private StageServices Services(UpscaleRequest request, Action<int>? tiles, Action<string>? log)
    {
        StageServices? services = null;
        bool anyDevice = string.Equals(request.Device.Trim(), "Auto", StringComparison.OrdinalIgnoreCase);
        DeviceInfo device = _pool.Devices.Resolve(anyDevice && request.Engine == InferenceEngine.Native ? DeviceKind.Cpu : request.Device);
        var engines = new EngineUse(request.Engine, _engines, engine => services!.Note(engine));
        IModelPool models = _pool.On(device, _models.Catalog, request.BaseFolder, message => services!.Warn(message), engines);
        return services = new StageServices(_plugins, request, models, _pool.TileMemory, tiles, log);
    }

    private static void CheckEncoding(UpscaleRequest request, ImageFormat format, IReadOnlyList<ImageShape> shapes)
    {
        ImageWriter.CheckOptions(Encoding(request, format), shapes);
        if (request.Depth > format.MaxDepth)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"A {format} file does not hold the depth {SampleDepths.Name(request.Depth.Value)}; the most is {SampleDepths.Name(format.MaxDepth)}. Choose another depth or format.");
    }

    /// <summary>How a result is written, but for what only its source tells.</summary>
    private static EncodeOptions Encoding(UpscaleRequest request, ImageFormat format)
    {
        var options = new EncodeOptions
        {
            Format = format,
            Lossless = request.Lossless,
            Compression = request.Compression,
            Subsampling = request.Subsampling,
            Pyramid = request.Pyramid,
            KeepPhysicalSize = request.KeepPhysicalSize,
            Background = request.Background,
            Strip = request.StripMetadata,
        };
        return request.Quality is { } quality ? options with { Quality = quality } : options;
    }

    private static ReadOptions Reading(UpscaleRequest request)
    {
        var options = new ReadOptions { Frame = request.Frame ?? 0, AllowTruncated = request.AllowTruncated, RgbSpace = request.RgbSpace };
        return request.MaxPixels is { } most ? options with { MaxPixels = most, MaxPixelsInMemory = most } : options;
    }

    /// <summary>Alpha is brought to the result's size by itself, cut as the colours are; it has no progress of its own.</summary>
    private async Task<StageChain> AlphaChainAsync(UpscalePlan plan, FramePlan frame, ImageRegion? region, bool network, CancellationToken cancellationToken)
    {
        StageServices services = Services(plan.Request, null, null);
        ImageShape input = frame.Input with { Channels = 1 };
        bool same = region is null && (frame.Input.Width, frame.Input.Height) == (frame.Output.Width, frame.Output.Height);
        IEnumerable<StageSpec> specs = network ? ShapingStages(frame) : same ? [] : [StageChain.Resample(frame.Output, region)];
        return await StageChain.FromSpecsAsync(specs, input, services, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The stages that run a network or change the size; the others work on colours, and have no business with alpha.</summary>
    private static IEnumerable<StageSpec> ShapingStages(FramePlan frame)
    {
        ImageShape before = frame.Input;
        foreach ((StageSpec spec, StagePlan stage) in frame.Stages.Zip(frame.StagePlans))
        {
            if (stage.Models.Count > 0 || stage.Region is not null || stage.Output != before)
                yield return spec;
            before = stage.Output;
        }
    }

    /// <summary>True when no frame has anything transparent: all are treated in one way.</summary>
    private static async Task<bool> IsOpaqueAsync(UpscalePlan plan, CancellationToken cancellationToken)
    {
        await foreach (ImageReader reader in ReadAsync(plan).ConfigureAwait(false))
        {
            await reader.Colours.DisposeAsync().ConfigureAwait(false);
            while (reader.Alpha is { } alpha && await alpha.ReadAsync(cancellationToken).ConfigureAwait(false) is { } strip)
            {
                using (strip)
                {
                    if (strip.Data.Span.ContainsAnyExcept(1))
                        return false;
                }
            }
        }

        return true;
    }

    private static string Target(UpscalePlan plan, int index, DateTimeOffset date)
    {
        UpscaleRequest request = plan.Request;
        string folder = request.Destination is { } destination
            ? Path.Combine(destination, FolderBelow(request))
            : Path.GetDirectoryName(request.Source)!;
        var values = new NameValues
        {
            Source = request.Source,
            Output = plan.Output,
            Scale = plan.Scale,
            Models = [.. plan.Models],
            Stages = [.. plan.Stages.Select(s => s.Id)],
            Index = index,
            Date = date,
        };
        return Path.GetFullPath(Path.Combine(folder, NameTemplate.Expand(request.NameFormat, values, plan.Format)));
    }

    private static string FolderBelow(UpscaleRequest request)
    {
        if (request.RelativeTo is not { } top)
            return request.RelativeFolder ?? "";
        string folder = Path.GetDirectoryName(request.Source)!;
        return FilePath.IsBelow(folder, top)
            ? Path.GetRelativePath(top, folder)
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"{request.Source} is not below {top}, to which the results' folders are to be relative. Name a folder above all sources, or leave that out.");
    }

    private static string AppContextFolder() => Path.GetDirectoryName(typeof(UpscaleEngine).Assembly.Location)!;
}
