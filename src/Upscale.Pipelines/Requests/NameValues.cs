namespace Upscale.Pipelines;

/// <summary>What the tokens of a <see cref="NameTemplate"/> stand for.</summary>
public sealed record NameValues
{
    /// <summary>Full path of the source: {name}, {ext} and {dir}.</summary>
    public required string Source { get; init; }

    /// <summary>Size of the result: {width} and {height}.</summary>
    public required ImageShape Output { get; init; }

    /// <summary>Width of the result over width of the source.</summary>
    public required double Scale { get; init; }

    /// <summary>Networks that run; none for <c>none</c>.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Ids of the stages.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>Place of the source among those of the run, from 1.</summary>
    public int Index { get; init; } = 1;

    /// <summary>When the run began, in local time.</summary>
    public DateTimeOffset Date { get; init; }
}
