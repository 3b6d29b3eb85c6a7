using System.Security.Cryptography;

namespace Upscale.Pipelines;

/// <summary>The content of a source at the time when it was looked at.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Modified">Time of the last change, UTC.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record SourceStamp(string Path, long Length, DateTime Modified, string Sha256)
{
    /// <summary>Takes a picture's stamp. Its content is read only when length or time differ from what is known.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="known">Its last stamp; null for none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileOpenFailed"/>.</exception>
    public static async Task<SourceStamp> TakeAsync(string path, SourceStamp? known, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileInfo(path);
            (long length, DateTime modified) = (file.Length, file.LastWriteTimeUtc);
            if (known is not null && (known.Length, known.Modified) == (length, modified))
                return known;
            await using FileStream stream = new(path, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous, BufferSize = 0 });
            byte[] hash = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            return new SourceStamp(path, length, modified, Convert.ToHexStringLower(hash));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"{path} cannot be read for the journal: {e.Message}", e);
        }
    }
}
