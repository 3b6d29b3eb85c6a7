using System.Management.Automation;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// <c>Measure-UpscaleModel</c>: speed, memory, halo and PSNR of networks on this machine: pictures are reduced by the network's scale, enlarged again and
/// compared, beside bicubic interpolation.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "UpscaleModel")]
[OutputType(typeof(ModelMeasurement))]
public sealed class MeasureUpscaleModelCommand : PSCmdlet
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ids of installed networks, or paths of .onnx files or of folders. What <c>Get-UpscaleModel</c> writes can be piped in.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [NameOf(nameof(ModelCard.Id))]
    [ArgumentCompleter(typeof(ModelCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Model { get; set; } = [];

    /// <summary>Pictures to measure with; wildcards name several. Default: the module's samples.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

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

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string model in Model)
        {
            try
            {
                string[] pictures = [.. (Path ?? []).SelectMany(path => FilePaths.Expand(this, path, folders: false))];
                string named = ModelName.IsPath(model) ? FilePaths.Literal(this, model) : model;
                string folder = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
                WriteObject(new ModelMeasurer(UpscaleEngine.Default).MeasureAsync(named, pictures, Device, Engine, folder, _stop.Token).GetAwaiter().GetResult());
            }
            catch (UpscaleException e)
            {
                WriteError(Failures.Record(e, model));
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                throw new PipelineStoppedException();
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();
}
