using System.Collections.Concurrent;
using System.Management.Automation;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// <c>Invoke-Upscale</c>: makes pictures of pictures. The engine works on its own threads; this one plans, asks and writes, and
/// takes messages from the others while it waits.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "Upscale", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(UpscaleResult))]
public sealed class InvokeUpscaleCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const int PumpMilliseconds = 100;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<PictureLogged> _log = new();
    private string[] _paths = [];
    private bool _expandWildcards;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private IReadOnlyList<UpscaleRequest> _variants = [];
    private RunJournal? _journal;
    private RunReport? _report;
    private UpscaleEngine? _engine;
    private UpscaleBatch? _batch;
    private BatchProgress? _progress;

    /// <summary>Pictures, and with <see cref="Recurse"/> folders; wildcards name several. A file whose name has brackets in it is found by its name too.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path
    {
        get => _paths;
        set => (_paths, _expandWildcards) = (value, true);
    }

    /// <summary>Pictures, by names that are taken as they are. Files from <c>Get-ChildItem</c> arrive here.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath
    {
        get => _paths;
        set => (_paths, _expandWildcards) = (value, false);
    }

    /// <summary>Takes folders with all pictures below them; below <see cref="Destination"/> the results keep the tree.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Folder for the results, made when it is missing. Default: beside each source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>A folder above the sources: below <see cref="Destination"/> the results keep the folders between the two, as for pictures of <c>Get-ChildItem -Recurse</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RelativeTo { get; set; }

    /// <summary>Factors of width and height; of several, each makes a result. Default: the network's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public double[]? Scale { get; set; }

    /// <summary>Width of the results in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Width { get; set; }

    /// <summary>Height of the results in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Height { get; set; }

    /// <summary>Ids of networks, or paths of .onnx files or of networks' folders; of several, each makes a result.</summary>
    [Parameter]
    [NameOf(nameof(ModelCard.Id))]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Model { get; set; }

    /// <summary>The chain by a name: one that <c>New-UpscalePipeline</c> or <c>Import-UpscalePipeline</c> makes, the name of an installed one, or the path of a recipe.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [ValidateNotNull]
    public object? Pipeline { get; set; }

    /// <summary>The chain: texts <c>ID:key=value,...</c> or dictionaries with <c>id</c> and options. Default: <c>gan</c>.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public object[]? Stage { get; set; }

    /// <summary>Further folders that are plugins or whose sub-folders are. Their plugins are let go of at the end.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? PluginPath { get; set; }

    /// <summary>
    /// Takes one frame of an animation or one page, counted from 0. Default: all where the format of the result holds them (gif, webp, tiff), else the first.
    /// </summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Frame { get; set; }

    /// <summary>What runs the networks, such as <c>Cpu</c> or <c>Cuda:1</c>.</summary>
    [Parameter]
    [NameOf(nameof(DeviceInfo.Name))]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    [ValidateNotNullOrEmpty]
    public string Device { get; set; } = "Auto";

    /// <summary>
    /// What computes networks on the CPU: <c>Native</c>, this program's own kernels (an error when they do not cover a network), <c>OnnxRuntime</c>, or <c>Auto</c> for
    /// the faster one.
    /// </summary>
    [Parameter]
    public InferenceEngine Engine { get; set; } = InferenceEngine.Auto;

    /// <summary>Format of the results, such as <c>png</c>. Default: the source's where it can be written.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Format { get; set; }

    /// <summary>Quality of formats with loss.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int? Quality { get; set; }

    /// <summary>Loses nothing: webp, avif, heif. Png and tiff never do.</summary>
    [Parameter]
    public SwitchParameter Lossless { get; set; }

    /// <summary>How a format without loss packs: 0 (fast) to 9 (small) for png; none, lzw, deflate, packbits for tiff.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CompressionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Compression { get; set; }

    /// <summary>Whether jpeg, avif and heif store colour at half the resolution. Default: as the quality suggests.</summary>
    [Parameter]
    public ChromaSubsampling Subsampling { get; set; }

    /// <summary>Writes tiff files in tiles with ever smaller pictures below, for viewers of large pictures.</summary>
    [Parameter]
    public SwitchParameter Pyramid { get; set; }

    /// <summary>
    /// How samples are stored. Default: the source's depth, or the most that the format holds. Sources of more than 8 bits are dithered where 8 bits are
    /// written, so that gradients show no steps.
    /// </summary>
    [Parameter]
    [ValidateSet("8", "16", "Float")]
    public string? Depth { get; set; }

    /// <summary>Multiplies the resolution (dots per inch) by the scale, so that a result is printed as large as its source. Otherwise the resolution stays.</summary>
    [Parameter]
    public SwitchParameter KeepPhysicalSize { get; set; }

    /// <summary>How transparency is enlarged: by resampling, or as a gray picture through the same stages as the colours.</summary>
    [Parameter]
    public AlphaMode AlphaMode { get; set; }

    /// <summary>What transparent pictures are put over where the format holds no transparency: #RRGGBB, white, black or gray.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BackgroundCompleter))]
    [ValidateNotNullOrEmpty]
    public string Background { get; set; } = "white";

    /// <summary>What of the sources' metadata is left out: the place where the picture was taken, or everything but the colour profile and the resolution.</summary>
    [Parameter]
    public MetadataStrip StripMetadata { get; set; }

    /// <summary>Where CMYK and Lab sources are brought. RGB sources stay in their own space.</summary>
    [Parameter]
    public RgbSpace RgbSpace { get; set; }

    /// <summary>Most pixels that a source may declare, all frames or pages that are taken together. Default: 2147483648, or 268435456 where it must be decoded as a whole.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long? MaxPixels { get; set; }

    /// <summary>Takes what is there of a source that is cut short or damaged, with a warning.</summary>
    [Parameter]
    public SwitchParameter AllowTruncated { get; set; }

    /// <summary>File name of the results without extension, of text and tokens such as {name} and {scale}; about_Upscale lists them. Default: name and scale, and the network where there are several.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NameFormat { get; set; }

    /// <summary>Largest side of a tile in source pixels. Default: as memory allows.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Tile { get; set; }

    /// <summary>Seed of stages with randomness.</summary>
    [Parameter]
    public long Seed { get; set; }

    /// <summary>What the picture shows, in words, for diffusion networks that are led by text.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Prompt { get; set; }

    /// <summary>What the picture shall not show.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? NegativePrompt { get; set; }

    /// <summary>How closely the prompt is followed; 1 is without guidance.</summary>
    [Parameter]
    [ValidateRange(0.0, 50.0)]
    public double? Guidance { get; set; }

    /// <summary>Steps of a diffusion.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int? Steps { get; set; }

    /// <summary>How much a refinement may change: 0 nothing, 1 everything.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double? Strength { get; set; }

    /// <summary>Sampling method of a diffusion. Default: the network's.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SchedulerCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Scheduler { get; set; }

    /// <summary>Factor for all noise. Default: the network's.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double? Temperature { get; set; }

    /// <summary>A picture that is white where the result may differ from the source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Mask { get; set; }

    /// <summary>How the colours of the source are brought back.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ColorFixCompleter))]
    [ValidateNotNullOrEmpty]
    public string? ColorFix { get; set; }

    /// <summary>How far the result, reduced, must agree with the source: 0 not at all, 1 fully.</summary>
    [Parameter]
    [ValidateRange(0.0, 1.0)]
    public double? Consistency { get; set; }

    /// <summary>Longest time for a picture, as a time span or as a number of seconds; what takes longer is an error. Default: any.</summary>
    [Parameter]
    [Seconds]
    public TimeSpan? TimeLimit { get; set; }

    /// <summary>
    /// Longest time that a stage may work on one strip of a result, as a time span or as a number of seconds: a stage that hangs is an error, and the other
    /// pictures go on. Default: any.
    /// </summary>
    [Parameter]
    [Seconds]
    public TimeSpan? StageTimeout { get; set; }

    /// <summary>Folder in which the results of all stages but the last are kept, so that changing the last stage does not run the others again.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StageCache { get; set; }

    /// <summary>Most bytes of the stage cache; what was not used for the longest time goes first.</summary>
    [Parameter]
    [ValidateRange(1L, long.MaxValue)]
    public long StageCacheSize { get; set; } = new UpscaleRequest { Source = "" }.StageCacheSize;

    /// <summary>Does not tell in the results' metadata what was done.</summary>
    [Parameter]
    public SwitchParameter NoSoftwareTag { get; set; }

    /// <summary>What to do where a result exists already.</summary>
    [Parameter]
    public ExistingTarget Existing { get; set; }

    /// <summary>The same as <c>-Existing Replace</c>; takes plugins too whose files others could change.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes out skipped pictures too.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>File that records every outcome. Started again with it, a run does only what is missing, failed or changed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Journal { get; set; }

    /// <summary>Page to write at the end that shows every picture before and after.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>How many pictures are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <summary>Ends the work and waits until it has really ended: nothing half-written stays.</summary>
    public void Dispose()
    {
        // Not disposed: Ctrl+C may still come, on another thread.
        _stop.Cancel();
        EndBatch();
        if (_report is not null)
        {
            try
            {
                _report.Write(complete: false);
            }
            catch (UpscaleException)
            {
                // Nothing can be written to the pipeline any more.
            }
        }

        EndReport();
        _journal?.Dispose();
        PluginPathArgument.End(_engine);
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            _engine = PluginPathArgument.Engine(this, PluginPath, Force);
            var template = new UpscaleRequest
            {
                Source = "",
                Destination = Destination is null ? null : FilePaths.Literal(this, Destination),
                RelativeTo = RelativeTo is null ? null : FilePaths.Literal(this, RelativeTo),
                Pipeline = Pipeline is null ? null : PipelineArgument.Read(this, Pipeline, _engine),
                Stages = StageArgument.ToSpecs(Stage ?? []),
                Options = UpscaleRequest.OptionsGiven(
                    ("prompt", Prompt),
                    ("negativePrompt", NegativePrompt),
                    ("guidance", Guidance),
                    ("steps", Steps),
                    ("strength", Strength),
                    ("scheduler", Scheduler),
                    ("temperature", Temperature),
                    ("mask", Mask is null ? null : FilePaths.Literal(this, Mask)),
                    ("colorFix", ColorFix),
                    ("consistency", Consistency)),
                Width = Width,
                Height = Height,
                Frame = Frame,
                Device = Device,
                Engine = Engine,
                Format = Format,
                Quality = Quality,
                Lossless = Lossless,
                Compression = Compression,
                Subsampling = Subsampling,
                Pyramid = Pyramid,
                KeepPhysicalSize = KeepPhysicalSize,
                Depth = Depth is null ? null : SampleDepths.FromName(Depth),
                AlphaMode = AlphaMode,
                Background = RgbColour.Parse(Background),
                StripMetadata = StripMetadata,
                RgbSpace = RgbSpace,
                MaxPixels = MaxPixels,
                AllowTruncated = AllowTruncated,
                Tile = Tile,
                Seed = Seed,
                Existing = ExistingPolicy(),
                TimeLimit = TimeLimit,
                StageTimeout = StageTimeout,
                StageCache = StageCache is null ? null : FilePaths.Literal(this, StageCache),
                StageCacheSize = StageCacheSize,
                SoftwareTag = !NoSoftwareTag,
                BaseFolder = SessionState.Path.CurrentFileSystemLocation.ProviderPath,
            };
            _variants = RequestVariants.Expand(template, (Model ?? []).Select(m => ModelName.IsPath(m) ? FilePaths.Literal(this, m) : m), Scale ?? [], NameFormat);
            foreach (UpscaleRequest variant in _variants)
                Check(variant);
            if (BatchProgress.CanBeShown(Host))
                _progress = new BatchProgress();
            OpenFiles();
            _batch = new UpscaleBatch(_engine, ThrottleLimit, Observe, _stop.Token) { Journal = _journal, Report = _report };
        }
        catch (UpscaleException e)
        {
            ThrowTerminatingError(Failures.Record(e, null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Watched(() =>
    {
        (SourceFile File, Exception? Error)[] sources = [.. _paths.SelectMany(Sources).Where(s => _seen.Add(s.File.Path))];
        HashSet<string> announced = [.. _batch!.Announce(sources.Where(s => s.Error is null).Select(s => s.File.Path))];
        if (!MyInvocation.ExpectingInput)
            _progress?.Expect(sources.Length * _variants.Count);
        foreach ((SourceFile source, Exception? error) in sources)
        {
            if (error is not null)
            {
                _batch.AddFailure(source.Path, error);
                EmitReady();
            }
            else if (!announced.Contains(source.Path))
            {
                WriteVerbose($"{source.Path} is a result of this run and no source.");
            }
            else
            {
                foreach (UpscaleRequest variant in _variants)
                {
                    Add(variant with { Source = source.Path, RelativeFolder = source.RelativeFolder });
                    EmitReady();
                }
            }
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing() => Watched(() =>
    {
        while (_batch!.Pending > 0)
            Emit(Await(_batch.NextAsync()));
        CompleteProgress();
        EndBatch();
        try
        {
            _report?.Write(complete: true);
        }
        catch (UpscaleException e)
        {
            WriteError(Failures.Record(e, Report));
        }

        EndReport();
    });

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    private ExistingTarget ExistingPolicy()
    {
        if (!Force)
            return Existing;
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Existing)) && Existing != ExistingTarget.Replace)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"-Force means -Existing Replace, and -Existing {Existing} was given too. Give one of them.");
        return ExistingTarget.Replace;
    }

    /// <summary>Opens journal and report; with <c>-WhatIf</c> neither is touched.</summary>
    private void OpenFiles()
    {
        bool trial = MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given) ? (SwitchParameter)given : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
        if (Journal is not null)
        {
            string path = FilePaths.Literal(this, Journal);
            _journal = trial ? RunJournal.Read(path, TimeProvider.System) : RunJournal.Open(path, TimeProvider.System);
            if (_journal.UnreadableLines > 0)
                WriteWarning($"{_journal.UnreadableLines} lines of the journal {path} cannot be read: what they tell is done again.");
        }

        if (Report is not null && !trial)
            _report = RunReport.Create(FilePaths.Literal(this, Report), TimeProvider.System);
    }

    private void EndBatch()
    {
        _batch?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _batch = null;
    }

    private void EndReport()
    {
        _report?.Dispose();
        _report = null;
    }

    /// <summary>What would fail with every picture is told once, before the first.</summary>
    private void Check(UpscaleRequest template)
    {
        try
        {
            _engine!.CheckAsync(template, _stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private IEnumerable<(SourceFile File, Exception? Error)> Sources(string path)
    {
        try
        {
            IReadOnlyList<string> found = _expandWildcards ? FilePaths.Expand(this, path, Recurse) : [FilePaths.Literal(this, path)];
            return found.SelectMany(f => Directory.Exists(f) ? FolderSources(f) : [(new SourceFile(f, null), null)]);
        }
        catch (UpscaleException e)
        {
            return [(new SourceFile(path, null), e)];
        }
    }

    private IEnumerable<(SourceFile File, Exception? Error)> FolderSources(string folder)
    {
        if (!Recurse)
            return [(new SourceFile(folder, null), new UpscaleException(UpscaleErrorId.FileOpenFailed, $"{folder} is a folder. Use -Recurse for the pictures in it and below it."))];
        IReadOnlyList<SourceFile> files = SourceExpander.Expand([folder], true, folder, _variants[0].Destination);
        return files.Count > 0
            ? files.Select(f => (f, (Exception?)null))
            : [(new SourceFile(folder, null), new UpscaleException(UpscaleErrorId.FileNotFound, $"There is no picture in {folder} or below it."))];
    }

    private void Add(UpscaleRequest request)
    {
        UpscalePlan plan;
        try
        {
            plan = Await(_batch!.PlanAsync(request));
        }
        catch (Exception e) when (e is not OperationCanceledException and not PipelineStoppedException)
        {
            _batch!.AddFailure(request.Source, e);
            return;
        }

        if (plan.SkipReason is not null
            || ShouldProcess(plan.Target, $"Upscale {System.IO.Path.GetFileName(request.Source)} to {plan.Output.Width} x {plan.Output.Height} pixels{(plan.Frames.Count > 1 ? $", {plan.Frames.Count} frames" : "")}"))
        {
            _batch.Add(plan);
        }
    }

    private void EmitReady()
    {
        while (_batch!.TryNext(out UpscaleOutcome? outcome))
            Emit(outcome);
        while (_batch.Pending >= ThrottleLimit)
            Emit(Await(_batch.NextAsync()));
    }

    private void Emit(UpscaleOutcome outcome)
    {
        _progress?.CountOutcome();
        if (outcome.Result is not { } result)
        {
            WriteError(Failures.Record(outcome.Error!, outcome.Source));
            return;
        }

        foreach (string warning in result.Warnings)
            WriteWarning($"{System.IO.Path.GetFileName(result.Source)}: {warning}");
        if (outcome.Plan?.SkipReason is { } reason)
            WriteVerbose($"{System.IO.Path.GetFileName(result.Source)} is skipped: {reason}.");
        if (result.State == UpscaleState.Done || PassThru)
            WriteObject(result);
    }

    /// <summary>Waits for the engine, and writes what it has to say meanwhile.</summary>
    private T Await<T>(Task<T> task)
    {
        try
        {
            while (Task.WaitAny([task], PumpMilliseconds) < 0)
                Pump();
            Pump();
        }
        catch
        {
            // The batch serves one caller at a time: what was asked of it ends before it is disposed.
            _stop.Cancel();
            Task.WaitAny(task);
            throw;
        }

        return task.GetAwaiter().GetResult();
    }

    private void Pump()
    {
        while (_log.TryDequeue(out PictureLogged? logged))
            WriteVerbose($"{System.IO.Path.GetFileName(logged.Plan.Request.Source)}: {logged.Message}");
        foreach (ProgressRecord record in _progress?.Records() ?? [])
            WriteProgress(record);
    }

    private void CompleteProgress()
    {
        foreach (ProgressRecord record in _progress?.Completed() ?? [])
            WriteProgress(record);
    }

    /// <summary>Takes the progress off the screen whatever ends the work, and lets a cancelled engine stop the pipeline.</summary>
    private void Watched(Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch
        {
            CompleteProgress();
            throw;
        }
    }

    private void Observe(UpscaleBatchEvent happened)
    {
        if (happened is PictureLogged logged)
            _log.Enqueue(logged);
        else
            _progress?.Observe(happened);
    }
}
