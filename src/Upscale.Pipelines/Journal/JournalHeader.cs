namespace Upscale.Pipelines;

/// <summary>The first line of a <see cref="RunJournal"/>.</summary>
/// <param name="UpscaleJournal">Version of the journal's form.</param>
/// <param name="Begun">When the first run with it began, in that run's local time.</param>
internal sealed record JournalHeader(int UpscaleJournal, DateTimeOffset Begun);
