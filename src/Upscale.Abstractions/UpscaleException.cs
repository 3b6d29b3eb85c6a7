namespace Upscale;

/// <summary>An expected failure: the message says what was wrong, with which file, and what to do.</summary>
public sealed class UpscaleException : Exception
{
    /// <param name="errorId">One of <see cref="UpscaleErrorId"/>: stable, for scripts.</param>
    /// <param name="message">For people.</param>
    /// <param name="innerException">The cause, if it helps.</param>
    public UpscaleException(string errorId, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentException.ThrowIfNullOrEmpty(errorId);
        ErrorId = errorId;
    }

    /// <summary>One of <see cref="UpscaleErrorId"/>.</summary>
    public string ErrorId { get; }
}
