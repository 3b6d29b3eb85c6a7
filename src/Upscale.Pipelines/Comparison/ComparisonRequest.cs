namespace Upscale.Pipelines;

/// <summary>What a face asks to be compared: a result with the truth, with the picture that it was made of, or with both.</summary>
public sealed record ComparisonRequest
{
    /// <summary>Full path of the result.</summary>
    public required string Difference { get; init; }

    /// <summary>Full path of the truth, of the result's size, or of a folder with truths by name; null for none.</summary>
    public string? Reference { get; init; }

    /// <summary>Full path of the picture that the result was made of, or of a folder with such pictures by name; null for none.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Full path of a picture to be made that shows truth, result and their difference beside each other, or of a folder for it; null
    /// for none. Without a truth of the result's size, the source is shown in its place, enlarged by the bicubic filter.
    /// </summary>
    public string? SideBySide { get; init; }

    /// <summary>True to replace an existing picture at <see cref="SideBySide"/>.</summary>
    public bool Force { get; init; }
}
