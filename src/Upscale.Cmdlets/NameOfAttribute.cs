using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>Lets a parameter that takes names take the objects too, live or back from a job: a property of theirs is the name.</summary>
/// <param name="property">Name of the property.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NameOfAttribute(string property) : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapper ? wrapper.BaseObject : inputData;
        return value is object[] several ? several.Select(NameOf).ToArray() : NameOf(inputData);
    }

    private object? NameOf(object? value)
        => value is null or string || PSObject.AsPSObject(value).Properties[property]?.Value is not string name ? value : name;
}
