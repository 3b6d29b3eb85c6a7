using Upscale.Pipelines.Running;

namespace Upscale.Pipelines;

/// <summary>
/// What stages gave, kept in a folder under a hash over everything that made it, so that changing the last stage of a chain does not run the others
/// again. The samples are kept as they are: the result is the same to the last bit. Bounded in size: what was not used for the longest time goes first.
/// Several processes may share a folder.
/// </summary>
/// <param name="folder">Full path; made when it is missing.</param>
/// <param name="limit">Bytes of all files together.</param>
/// <param name="warn">Told why nothing is kept.</param>
internal sealed class StageCache(string folder, long limit, Action<string> warn)
{
    private const string Extension = ".strips";

    /// <summary>What was kept under a key; null for nothing.</summary>
    /// <param name="key">Lower-case hex.</param>
    /// <param name="shape">The size that it must have.</param>
    public IStripSource? Open(string key, ImageShape shape)
    {
        string path = PathOf(key);
        try
        {
            if (StripFile.Open(path, shape) is not { } source)
                return null;
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return source;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same source, kept under a key when it was read to its end.</summary>
    /// <param name="key">Lower-case hex.</param>
    /// <param name="source">Owned by the result.</param>
    public IStripSource Keep(string key, IStripSource source)
    {
        if (StripFile.Length(source.Shape) > limit)
        {
            warn($"The stage cache of {limit} bytes does not hold a picture of {source.Shape}: allow it more.");
            return source;
        }

        return new KeptSource(source, PathOf(key), warn, RemoveOldest);
    }

    private string PathOf(string key) => Path.Combine(folder, key + Extension);

    private void RemoveOldest()
    {
        FileInfo[] files = [.. new DirectoryInfo(folder).EnumerateFiles("*" + Extension).OrderByDescending(f => f.LastWriteTimeUtc)];
        long total = 0;
        foreach (FileInfo file in files)
        {
            total += file.Length;
            if (total > limit)
                file.Delete();
        }
    }

    private sealed class KeptSource(IStripSource source, string path, Action<string> warn, Action kept) : IStripSource
    {
        private readonly string _temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.part";
        private FileStream? _file;
        private bool _given;

        public ImageShape Shape => source.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            Strip? strip = await source.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (_given || strip is null)
                return strip;
            try
            {
                if (_file is null)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    _file = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 1 << 16);
                    StripFile.WriteHeader(_file, Shape);
                }

                StripFile.Write(_file, strip);
                // A reader that has all rows need not ask for more.
                if (strip.Bottom == Shape.Height)
                {
                    await GiveUpAsync().ConfigureAwait(false);
                    File.Move(_temporary, path, overwrite: true);
                    kept();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                warn($"The stage cache {Path.GetDirectoryName(path)} takes nothing: {e.Message}");
                await GiveUpAsync().ConfigureAwait(false);
                Remove();
            }

            return strip;
        }

        public async ValueTask DisposeAsync()
        {
            await GiveUpAsync().ConfigureAwait(false);
            Remove();
            await source.DisposeAsync().ConfigureAwait(false);
        }

        private async ValueTask GiveUpAsync()
        {
            _given = true;
            if (_file is not null)
                await _file.DisposeAsync().ConfigureAwait(false);
            _file = null;
        }

        private void Remove()
        {
            try
            {
                File.Delete(_temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                warn($"{_temporary} cannot be removed: {e.Message}");
            }
        }
    }
}
