namespace Upscale;

/// <summary>
/// A picture that is read once, from the top down, in strips. Nothing is computed before it is asked for.
/// A source belongs to one reader; a reader that needs rows again keeps them (see <see cref="StripWindow"/>).
/// </summary>
public interface IStripSource : IAsyncDisposable
{
    /// <summary>The size of the whole picture.</summary>
    ImageShape Shape { get; }

    /// <summary>
    /// The next rows: each strip begins where the last one ended, and has the height that suits the source.
    /// </summary>
    /// <param name="cancellationToken">Ends the work; native runs are stopped and waited for.</param>
    /// <returns>A strip that the caller disposes, or null after the last row.</returns>
    ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken);
}
