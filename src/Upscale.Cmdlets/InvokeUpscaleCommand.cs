using System.Collections.Concurrent;
using System.Management.Automation;
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
    private UpscaleRequest? _template;
    private UpscaleBatch? _batch;
    private BatchProgress? _progress;

    /// <summary>Pictures; wildcards name several. A file whose name has brackets in it is found by its name too.</summary>
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

    /// <summary>Folder for the results, made when it is missing. Default: beside each source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Factor of width and height. Default: the network's.</summary>
    [Parameter]
    public double? Scale { get; set; }

    /// <summary>Width of the results in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Width { get; set; }

    /// <summary>Height of the results in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Height { get; set; }

    /// <summary>Id of a network, or path of an .onnx file or of a network's folder.</summary>
    [Parameter]
    [NameOf(nameof(ModelCard.Id))]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Model { get; set; }

    /// <summary>The chain: texts <c>ID:key=value,...</c> or dictionaries with <c>id</c> and options. Default: <c>gan</c>.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public object[]? Stage { get; set; }

    /// <summary>What runs the networks, such as <c>Cpu</c> or <c>Cuda:1</c>.</summary>
    [Parameter]
    [NameOf(nameof(DeviceInfo.Name))]
    [ArgumentCompleter(typeof(DeviceCompleter))]
    [ValidateNotNullOrEmpty]
    public string Device { get; set; } = "Auto";

    /// <summary>Format of the results, such as <c>png</c>. Default: the source's where it can be written.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Format { get; set; }

    /// <summary>Quality of formats with loss.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int? Quality { get; set; }

    /// <summary>File name of the results without extension; see <see cref="NameTemplate"/>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string NameFormat { get; set; } = NameTemplate.Default;

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

    /// <summary>Does not tell in the results' metadata what was done.</summary>
    [Parameter]
    public SwitchParameter NoSoftwareTag { get; set; }

    /// <summary>Replaces existing results.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How many pictures are worked on at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 2;

    /// <summary>Ends the work and waits until it has really ended: nothing half-written stays.</summary>
    public void Dispose()
    {
        // Not disposed: Ctrl+C may still come, on another thread.
        _stop.Cancel();
        _batch?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _batch = null;
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            _template = new UpscaleRequest
            {
                Source = "",
                Destination = Destination is null ? null : FilePaths.Literal(this, Destination),
                Stages = StageArgument.ToSpecs(Stage ?? []),
                Model = Model is not null && ModelName.IsPath(Model) ? FilePaths.Literal(this, Model) : Model,
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
                Scale = Scale,
                Width = Width,
                Height = Height,
                Device = Device,
                Format = Format,
                Quality = Quality,
                NameFormat = NameFormat,
                Tile = Tile,
                Seed = Seed,
                Force = Force,
                TimeLimit = TimeLimit,
                SoftwareTag = !NoSoftwareTag,
                BaseFolder = SessionState.Path.CurrentFileSystemLocation.ProviderPath,
            };
            Check(_template);
            if (BatchProgress.CanBeShown(Host))
                _progress = new BatchProgress();
            _batch = new UpscaleBatch(UpscaleEngine.Default, ThrottleLimit, Observe, _stop.Token);
        }
        catch (UpscaleException e)
        {
            ThrowTerminatingError(Failures.Record(e, null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Watched(() =>
    {
        (string Path, Exception? Error)[] sources = [.. _paths.SelectMany(Sources)];
        if (!MyInvocation.ExpectingInput)
            _progress?.Expect(sources.Length);
        foreach ((string source, Exception? error) in sources)
        {
            if (error is null)
                Add(source);
            else
                _batch!.AddFailure(source, error);
            while (_batch!.TryNext(out UpscaleOutcome? outcome))
                Emit(outcome);
            while (_batch.Pending >= ThrottleLimit)
                Emit(Await(_batch.NextAsync()));
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing() => Watched(() =>
    {
        while (_batch!.Pending > 0)
            Emit(Await(_batch.NextAsync()));
        CompleteProgress();
    });

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>What would fail with every picture is told once, before the first.</summary>
    private void Check(UpscaleRequest template)
    {
        try
        {
            UpscaleEngine.Default.CheckAsync(template, _stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    private IEnumerable<(string Path, Exception? Error)> Sources(string path)
    {
        try
        {
            IReadOnlyList<string> sources = _expandWildcards ? FilePaths.Expand(this, path) : [FilePaths.Literal(this, path)];
            return sources.Select(s => (s, (Exception?)null));
        }
        catch (UpscaleException e)
        {
            return [(path, e)];
        }
    }

    private void Add(string source)
    {
        UpscalePlan plan;
        try
        {
            plan = Await(_batch!.PlanAsync(_template! with { Source = source }));
        }
        catch (Exception e) when (e is not OperationCanceledException and not PipelineStoppedException)
        {
            _batch!.AddFailure(source, e);
            return;
        }

        if (ShouldProcess(plan.Target, $"Upscale {System.IO.Path.GetFileName(source)} to {plan.Output.Width} x {plan.Output.Height} pixels"))
            _batch.Add(plan);
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
