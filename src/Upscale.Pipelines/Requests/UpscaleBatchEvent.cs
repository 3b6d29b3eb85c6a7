namespace Upscale.Pipelines;

/// <summary>Something that happened to a picture of a batch while it was worked on.</summary>
/// <param name="Plan">The picture's plan.</param>
public abstract record UpscaleBatchEvent(UpscalePlan Plan);

/// <summary>The work has begun.</summary>
/// <param name="Plan">The picture's plan.</param>
public sealed record PictureStarted(UpscalePlan Plan) : UpscaleBatchEvent(Plan);

/// <summary>Some more of it is done.</summary>
/// <param name="Plan">The picture's plan.</param>
/// <param name="Progress">How far it is.</param>
public sealed record PictureProgressed(UpscalePlan Plan, UpscaleProgress Progress) : UpscaleBatchEvent(Plan);

/// <summary>The work has ended, well or not; the outcome follows in its turn.</summary>
/// <param name="Plan">The picture's plan.</param>
public sealed record PictureFinished(UpscalePlan Plan) : UpscaleBatchEvent(Plan);

/// <summary>A decision that was made.</summary>
/// <param name="Plan">The picture's plan.</param>
/// <param name="Message">In words.</param>
public sealed record PictureLogged(UpscalePlan Plan, string Message) : UpscaleBatchEvent(Plan);
