using System.Text;

namespace Upscale.Imaging;

/// <summary>
/// A target under a temporary name in its folder until it is whole: nobody ever sees half a picture under the target's name.
/// </summary>
internal sealed class TargetFile : IDisposable
{
    private const int MaxNameLength = 255;
    private readonly string _path;
    private bool _exists;

    private TargetFile(string path, string temporaryPath)
    {
        _path = path;
        TemporaryPath = temporaryPath;
        _exists = true;
    }

    /// <summary>Where to write.</summary>
    public string TemporaryPath { get; }

    /// <summary>Refuses a target that exists or cannot be a file's name.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static void Check(string path, bool force)
    {
        string name = Path.GetFileName(path);
        // Too long a name would be found out at the rename, after all the work. Windows counts UTF-16 units, others bytes.
        int length = OperatingSystem.IsWindows() ? name.Length : Encoding.UTF8.GetByteCount(name);
        if (length > MaxNameLength)
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: the file name is longer than {MaxNameLength} {(OperatingSystem.IsWindows() ? "characters" : "bytes")}. Choose a shorter one.");
        if (Directory.Exists(path))
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: it is a folder.");
        if (!force && File.Exists(path))
            throw Exists(path);
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: there is no folder '{folder}'. Make it first.");
    }

    /// <summary>Makes the temporary file, empty.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public static TargetFile Create(string path)
    {
        // Of one length whatever the target's name, which may already have the greatest length that is allowed.
        string temporaryPath = Path.Combine(Path.GetDirectoryName(path)!, $".upscale-{Guid.NewGuid():N}.part");
        try
        {
            using FileStream file = new(temporaryPath, FileMode.CreateNew, FileAccess.Write);
            return new TargetFile(path, temporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(path, e);
        }
    }

    /// <summary>Does something to the file before it gets its name.</summary>
    /// <param name="change">Gets <see cref="TemporaryPath"/>.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public void Change(Action<string> change)
    {
        try
        {
            change(TemporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(_path, e);
        }
    }

    /// <summary>Gives the whole file its name. Without <paramref name="force"/> an existing target is never replaced.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.</exception>
    public void Commit(bool force)
    {
        bool claimed = false;
        try
        {
            using (FileStream file = new(TemporaryPath, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            if (!force)
            {
                // A rename replaces silently on most systems. Only one can make the file, and it is replaced by its maker.
                using FileStream claim = new(_path, FileMode.CreateNew, FileAccess.Write);
                claimed = true;
            }

            File.Move(TemporaryPath, _path, overwrite: true);
            _exists = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (claimed)
                File.Delete(_path);
            else if (!force && File.Exists(_path))
                throw Exists(_path);
            throw WriteFailed(_path, e);
        }
    }

    /// <summary>Removes the temporary file if it was not committed.</summary>
    public void Dispose()
    {
        if (!_exists)
            return;
        _exists = false;
        try
        {
            File.Delete(TemporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to be told.
        }
    }

    private static UpscaleException Exists(string path)
        => new(UpscaleErrorId.TargetExists, $"'{path}' exists already. Use Force to replace it, or choose another name.");

    private static UpscaleException WriteFailed(string path, Exception cause)
        => new(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: {cause.Message} Check the rights of the folder and the room on the disk.", cause);
}
