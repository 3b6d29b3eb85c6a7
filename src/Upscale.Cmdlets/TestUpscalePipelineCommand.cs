using System.Management.Automation;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// <c>Test-UpscalePipeline</c>: tells for each stage of a pipeline what it would do with a picture, how long that may take, and everything that
/// would be refused, as errors. No picture is worked on.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "UpscalePipeline")]
[OutputType(typeof(PipelineStagePlan))]
public sealed class TestUpscalePipelineCommand : PipelineCommand
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>One that was made here, the name of an installed one, or the path of a recipe.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    [ValidateNotNull]
    public object Pipeline { get; set; } = "";

    /// <summary>Pictures that it is planned for; wildcards name several. Default: a picture of the size that is given.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>Width of the picture in pixels where there is none.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int SourceWidth { get; set; } = 512;

    /// <summary>Height of the picture in pixels where there is none.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int SourceHeight { get; set; } = 512;

    /// <summary>Factor of the whole chain. Default: its own.</summary>
    [Parameter]
    public double? Scale { get; set; }

    /// <summary>Width of the result in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Width { get; set; }

    /// <summary>Height of the result in pixels; alone it keeps the aspect ratio.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Height { get; set; }

    /// <summary>What runs the networks.</summary>
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

    /// <summary>Format of the result. Default: the source's where it can be written.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(FormatCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Format { get; set; }

    /// <summary>Largest side of a tile in source pixels. Default: as memory allows.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Tile { get; set; }

    /// <summary>Takes plugins too whose files others could change.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool TakesAnyPlugin => Force;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var request = new UpscaleRequest
            {
                Source = "",
                Pipeline = PipelineArgument.Read(this, Pipeline, Upscaler),
                Scale = Scale,
                Width = Width,
                Height = Height,
                Device = Device,
                Engine = Engine,
                Format = Format,
                Tile = Tile,
                BaseFolder = Folder,
            };
            IEnumerable<string> sources = Path is null ? [""] : Path.SelectMany(path => FilePaths.Expand(this, path, folders: false));
            foreach (string source in sources)
                Test(request with { Source = source });
        }
        catch (UpscaleException e)
        {
            WriteError(Failures.Record(e, Pipeline));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    private void Test(UpscaleRequest request)
    {
        PipelineTest test = Upscaler.TestAsync(request, new ImageShape(SourceWidth, SourceHeight, 3), _stop.Token).GetAwaiter().GetResult();
        foreach (PipelineStagePlan stage in test.Stages)
            WriteObject(stage);
        foreach (string warning in test.Warnings)
            WriteWarning(warning);
        foreach (UpscaleException refusal in test.Refusals)
            WriteError(Failures.Record(refusal, request.Source.Length > 0 ? request.Source : request.Pipeline!.Name));
    }
}
