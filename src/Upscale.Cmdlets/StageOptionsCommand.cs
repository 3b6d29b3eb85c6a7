using System.Collections;
using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>A cmdlet that gives a stage of a pipeline options: those that the stage declares are its parameters.</summary>
public abstract class StageOptionsCommand : PipelineChangeCommand, IDynamicParameters
{
    private RuntimeDefinedParameterDictionary? _options;

    /// <summary>Id of the stage, as <c>Get-UpscaleStage</c> lists it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [NameOf(nameof(StageInfo.Id))]
    [ArgumentCompleter(typeof(StageCompleter))]
    [ValidateNotNullOrEmpty]
    public string Id { get; set; } = "";

    /// <summary>Options by name, beside those that are parameters.</summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary? Option { get; set; }

    /// <inheritdoc/>
    public object GetDynamicParameters() => _options = StageOptionParameters.Create(Id, GetType(), () => Upscaler);

    /// <summary>The options that were given, with full paths.</summary>
    private protected Dictionary<string, object> GivenOptions() => StageOptionParameters.Given(this, _options, Option);
}
