using System.Management.Automation;
using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// <c>Import-UpscaleModel</c>: tries networks, copies them into the user's folder of models, whole or not at all, and writes for each a card (model.json) that
/// can be edited. From then on they are used by their names.
/// </summary>
[Cmdlet(VerbsData.Import, "UpscaleModel", SupportsShouldProcess = true)]
[OutputType(typeof(ModelCard))]
public sealed class ImportUpscaleModelCommand : PSCmdlet
{
    private readonly CancellationTokenSource _stop = new();
    private string? _named;

    /// <summary>.onnx files, or folders with model.json, with model_index.json, or with one .onnx file; wildcards name several.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Id of the network from then on; for one network. Default: the name of the file or folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Replaces a network of one's own that has this name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            try
            {
                foreach (string source in FilePaths.Expand(this, path, folders: true))
                    Import(source);
            }
            catch (UpscaleException e)
            {
                WriteError(Failures.Record(e, path));
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    private void Import(string source)
    {
        try
        {
            if (Name is not null && _named is not null)
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The name '{Name}' is that of {_named} already; {source} needs another one. Import them one by one.");
            UpscaleEngine engine = UpscaleEngine.Default;
            ModelImport import = engine.PlanImportAsync(source, Name, Force, _stop.Token).GetAwaiter().GetResult();
            _named = source;
            if (ShouldProcess(import.Target, $"{(import.Replaces ? "Replace" : "Write")} the network '{import.Id}' ({import.Card.Kind}, {import.Card.Scale}x) from {source}"))
                WriteObject(engine.ImportAsync(import, _stop.Token).GetAwaiter().GetResult());
        }
        catch (UpscaleException e)
        {
            WriteError(Failures.Record(e, source));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }
}
