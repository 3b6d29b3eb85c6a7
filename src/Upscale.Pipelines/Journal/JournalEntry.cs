namespace Upscale.Pipelines;

/// <summary>A line of a <see cref="RunJournal"/>. What is not known is left out.</summary>
internal sealed record JournalEntry
{
    /// <summary>When it was written.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What happened.</summary>
    public required JournalState State { get; init; }

    /// <summary>Full path of the picture.</summary>
    public required string Source { get; init; }

    /// <summary>Its length in bytes.</summary>
    public long? SourceLength { get; init; }

    /// <summary>When it was last changed, UTC.</summary>
    public DateTime? SourceModified { get; init; }

    /// <summary>SHA-256 of its content.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>SHA-256 over options and networks.</summary>
    public string? Options { get; init; }

    /// <summary>Full path of the result.</summary>
    public string? Target { get; init; }

    /// <summary>Full path that the result would have had without <see cref="ExistingTarget.Rename"/>; null when it is <see cref="Target"/>.</summary>
    public string? Wanted { get; init; }

    /// <summary>Length of the result in bytes.</summary>
    public long? TargetLength { get; init; }

    /// <summary>Width of the result in pixels.</summary>
    public int? Width { get; init; }

    /// <summary>Height of the result in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>Time of the work.</summary>
    public double? Seconds { get; init; }

    /// <summary>Of a failure.</summary>
    public string? ErrorId { get; init; }

    /// <summary>Of a failure, or why the picture was skipped.</summary>
    public string? Message { get; init; }

    /// <summary>Of the result.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>The stamp of the source; null when it was never read.</summary>
    public SourceStamp? Stamp()
        => (SourceLength, SourceModified, SourceSha256) is ({ } length, { } modified, { } sha256) ? new SourceStamp(Source, length, modified, sha256) : null;
}
