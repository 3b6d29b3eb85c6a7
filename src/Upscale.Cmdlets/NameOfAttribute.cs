using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>Lets a parameter that takes a name take the object too, live or back from a job: its property is the name.</summary>
/// <param name="property">Name of the property.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NameOfAttribute(string property) : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
        => inputData is null or string || PSObject.AsPSObject(inputData).Properties[property]?.Value is not string name ? inputData : name;
}
