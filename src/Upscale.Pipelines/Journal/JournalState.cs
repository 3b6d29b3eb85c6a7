namespace Upscale.Pipelines;

/// <summary>How far a picture was when a line of a <see cref="RunJournal"/> was written.</summary>
internal enum JournalState
{
    /// <summary>Its work began. With no other line after it, the run was cut off, and the target may be there, whole, or not.</summary>
    Started,

    /// <summary>The target is there.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>The run was cancelled while it was worked on.</summary>
    Cancelled,

    /// <summary>It was left out because of what lay at the target's place.</summary>
    Skipped,
}
