using System.Diagnostics;
using System.Globalization;
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
    private readonly ModelCatalog _models;
    private readonly SessionPool _pool;

    /// <param name="home">The installation.</param>
    /// <param name="pool">The networks that are loaded.</param>
    public UpscaleEngine(UpscaleHome home, SessionPool pool)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(pool);
        _plugins = new PluginCatalog(home.PluginFolders);
        _models = new ModelCatalog(home.ModelFolders);
        _pool = pool;
    }

    /// <summary>The engine of the installation that this assembly belongs to.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public static UpscaleEngine Default => s_default.Value;

    /// <summary>What can be chained. Loads no plugin.</summary>
    public IReadOnlyList<StageInfo> Stages => _plugins.Stages;

    /// <summary>The plugins that were found, usable or not. Loads none.</summary>
    public IReadOnlyList<PluginInfo> Plugins => _plugins.Plugins;

    /// <summary>The installed networks. Loads none.</summary>
    public IReadOnlyList<ModelCard> Models => _models.Cards;

    /// <summary>What is wrong with installed networks that cannot be used.</summary>
    public IReadOnlyList<string> ModelErrors => [.. _models.Errors.Select(e => e.Message)];

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

    /// <summary>Checks what is the same for every picture: names of stages, networks, devices and formats, and options.</summary>
    /// <param name="request">Its source does not count.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="UpscaleException">No picture could be done with this request; the message says why.</exception>
    public async Task CheckAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = CheckOptions(request);
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
        UpscalePlan plan = await SettleAsync(request, cancellationToken).ConfigureAwait(false);
        CheckTarget(plan);
        return plan;
    }

    /// <summary>As <see cref="PlanAsync"/>, but for what lies at the target's place.</summary>
    internal async Task<UpscalePlan> SettleAsync(UpscaleRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ImageFormat? asked = CheckOptions(request);
        StageServices services = Services(request, null, null);
        ImageHeader header;
        await using (ImageReader reader = ImageReader.Open(request.Source))
            header = reader.Header;

        ImageShape input = header.Shape;
        await using StageChain chain = await StageChain.FromRequestAsync(request, input, _plugins, services, cancellationToken).ConfigureAwait(false);
        ImageFormat format = asked ?? (header.Format.CanWrite ? header.Format : ImageFormats.Png);
        format.Check(chain.Output);
        var plan = new UpscalePlan
        {
            Request = request,
            Target = "",
            Input = input,
            Output = chain.Output,
            Stages = chain.Specs,
            StagePlans = chain.Plans,
            Device = chain.Plans.Select(p => p.Device).FirstOrDefault(d => d is not null) ?? DeviceKind.Cpu,
            Warnings = [.. header.Warnings, .. services.Warnings],
            Format = format,
            Header = header,
        };
        return plan with { Target = Target(plan) };
    }

    /// <summary>Refuses a target that exists, unless it may be replaced, or that cannot be written.</summary>
    internal static void CheckTarget(UpscalePlan plan)
    {
        if (FilePath.Comparer.Equals(plan.Target, plan.Request.Source))
            throw new UpscaleException(UpscaleErrorId.TargetConflict, $"{plan.Request.Source} would be overwritten by its own result. Choose another destination or name template.");
        if (Directory.Exists(Path.GetDirectoryName(plan.Target)))
            ImageWriter.CheckTarget(plan.Target, plan.Request.Force);
    }

    /// <summary>The stages of a request over a picture in memory: what a run does between decoding and encoding.</summary>
    internal async Task<IStripSource> ConnectAsync(UpscaleRequest request, IStripSource input, CancellationToken cancellationToken)
    {
        StageServices services = Services(request, null, null);
        StageChain chain = await StageChain.FromRequestAsync(request, input.Shape, _plugins, services, cancellationToken).ConfigureAwait(false);
        return chain.Connect(input, PrefetchBytes);
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

        await using ImageReader reader = ImageReader.Open(request.Source);
        if (reader.Header.Shape != plan.Input || reader.Header.Format != plan.Header.Format)
            throw new UpscaleException(UpscaleErrorId.ImageCorrupt, $"{request.Source} was changed while it was waiting to be read. Run it again.");
        await using StageChain chain = await StageChain.FromSpecsAsync(plan.Stages, plan.Input, services, cancellationToken).ConfigureAwait(false);
        await using StageChain? alphaChain = reader.Alpha is null ? null : await AlphaChainAsync(plan, cancellationToken).ConfigureAwait(false);
        await using IStripSource colours = chain.Connect(reader.Colours, PrefetchBytes);
        await using IStripSource? alpha = alphaChain?.Connect(reader.Alpha!, PrefetchBytes);
        CreateFolder(Path.GetDirectoryName(plan.Target)!);
        var options = new EncodeOptions { Format = plan.Format, Depth = reader.Header.Depth, Force = request.Force, Software = request.SoftwareTag ? SoftwareTag.Describe(plan, _plugins) : null };
        if (request.Quality is { } quality)
            options = options with { Quality = quality };
        IReadOnlyList<string> written = await ImageWriter.WriteAsync(plan.Target, options, colours, alpha, reader.Metadata, cancellationToken).ConfigureAwait(false);
        return new UpscaleResult
        {
            Source = request.Source,
            Path = plan.Target,
            Width = plan.Output.Width,
            Height = plan.Output.Height,
            Scale = plan.Scale,
            Stages = [.. plan.Stages.Select(s => s.ToString())],
            Model = string.Join(" + ", plan.Models) is { Length: > 0 } joined ? joined : null,
            Device = plan.Device,
            Elapsed = clock.Elapsed,
            Tiles = done,
            Seed = request.Seed,
            Warnings = [.. plan.Warnings.Concat(services.Warnings).Concat(written).Distinct()],
        };
    }

    /// <summary>Checks what belongs to no stage; gives the format that was asked for.</summary>
    private static ImageFormat? CheckOptions(UpscaleRequest request)
    {
        NameTemplate.Check(request.NameFormat);
        if (request.Quality is < 1 or > 100)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The quality {request.Quality} is out of range: it goes from 1 to 100.");
        if (request.Tile is < 1)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The tile size {request.Tile} is out of range: it is at least 1 pixel.");
        if (request.TimeLimit is { } limit && (limit <= TimeSpan.Zero || limit > UpscaleRequest.LongestTimeLimit))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, string.Create(CultureInfo.InvariantCulture, $"The time limit {limit.TotalSeconds} s is out of range: it is more than 0 s and at most {UpscaleRequest.LongestTimeLimit.TotalDays} days."));
        return request.Format is { } name ? ImageFormats.FromName(name) : null;
    }

    private StageServices Services(UpscaleRequest request, Action<int>? tiles, Action<string>? log)
    {
        StageServices? services = null;
        IModelPool models = _pool.On(_pool.Devices.Resolve(request.Device), _models, request.BaseFolder, message => services!.Warn(message));
        return services = new StageServices(_plugins, request, models, _pool.TileMemory, tiles, log);
    }

    /// <summary>Alpha is brought to the result's size by itself; it has no progress of its own.</summary>
    private async Task<StageChain> AlphaChainAsync(UpscalePlan plan, CancellationToken cancellationToken)
    {
        StageServices services = Services(plan.Request, null, null);
        bool same = (plan.Input.Width, plan.Input.Height) == (plan.Output.Width, plan.Output.Height);
        IEnumerable<StageSpec> specs = same ? [] : [StageChain.Resample(plan.Output)];
        return await StageChain.FromSpecsAsync(specs, plan.Input with { Channels = 1 }, services, cancellationToken).ConfigureAwait(false);
    }

    private static string Target(UpscalePlan plan)
    {
        UpscaleRequest request = plan.Request;
        string folder = request.Destination is { } destination
            ? Path.Combine(destination, request.RelativeFolder ?? "")
            : Path.GetDirectoryName(request.Source)!;
        string name = NameTemplate.Expand(request.NameFormat, request.Source, plan.Output, plan.Scale, plan.Models, plan.Stages.Select(s => s.Id));
        string extension = Path.GetExtension(request.Source);
        if (!plan.Format.Extensions.Contains(extension, StringComparer.OrdinalIgnoreCase))
            extension = plan.Format.Extensions[0];
        return Path.GetFullPath(Path.Combine(folder, name + extension));
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The folder {folder} cannot be made: {e.Message}", e);
        }
    }

    private static string AppContextFolder() => Path.GetDirectoryName(typeof(UpscaleEngine).Assembly.Location)!;
}
