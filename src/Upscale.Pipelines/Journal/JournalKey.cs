namespace Upscale.Pipelines;

/// <summary>What names a result in a journal.</summary>
/// <param name="Source">Full path of the picture.</param>
/// <param name="Options">SHA-256 over everything that was asked for and the networks that do it, lower-case hex.</param>
/// <param name="Wanted">Full path of the target as the name template makes it, before <see cref="ExistingTarget.Rename"/>.</param>
internal sealed record JournalKey(string Source, string Options, string Wanted);
