namespace Upscale;

/// <summary>An option of a stage as its plugin declares it.</summary>
public sealed record OptionInfo
{
    /// <summary>Name in recipes and on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>string</c>, <c>choice</c>, <c>integer</c>, <c>number</c>, <c>switch</c>, <c>model</c> (id of a network, or path of an .onnx file or of a
    /// network's folder) or <c>path</c> (an existing file or folder; a stage gets its full path).
    /// </summary>
    public required string Type { get; init; }

    /// <summary>The value when none is given; null for none.</summary>
    public object? Default { get; init; }

    /// <summary>The values of a <c>choice</c>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Smallest number allowed; null for no bound.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest number allowed; null for no bound.</summary>
    public double? Maximum { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public string? Help { get; init; }
}
