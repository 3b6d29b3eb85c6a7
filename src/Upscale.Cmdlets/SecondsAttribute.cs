using System.Globalization;
using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>Lets a parameter that takes a time span take a plain number too, as seconds: PowerShell itself would take it for ticks or days.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecondsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? value = inputData is PSObject wrapper ? wrapper.BaseObject : inputData;
        if (value is null or TimeSpan)
            return value;
        string? text = Convert.ToString(value, CultureInfo.InvariantCulture);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
            return value;
        return Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentTransformationMetadataException($"{text} s is longer than any time span.");
    }
}
