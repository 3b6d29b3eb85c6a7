using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Upscale.Imaging;

/// <summary>
/// A target under a temporary name in its folder until it is whole: nobody ever sees half a file under the target's name. The
/// temporary name tells which process of which machine writes it, so that what a killed process left behind can be told from what is being written.
/// </summary>
public sealed partial class TargetFile : IDisposable
{
    private const int MaxNameLength = 255;

    // Clocks of processes and of file systems do not agree to the second.
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromMinutes(1);
    private readonly string _path;

    private TargetFile(string path, string temporaryPath)
    {
        _path = path;
        TemporaryPath = temporaryPath;
    }

    /// <summary>Where to write.</summary>
    public string TemporaryPath { get; }

    private static string Machine { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)).AsSpan(0, 4));

    /// <summary>Removes what killed processes of this machine left in a folder. What cannot be removed stays.</summary>
    /// <param name="folder">Full path; nothing happens where there is none.</param>
    public static void RemoveLeftovers(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        try
        {
            foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles(".upscale-*.part").Where(IsLeftover))
                file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They harm nobody, and the next run tries again.
        }
    }

    /// <summary>Refuses a target that exists or cannot be a file's name.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="force">True when an existing file may be replaced.</param>
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
        string temporaryPath = Path.Combine(Path.GetDirectoryName(path)!, string.Create(CultureInfo.InvariantCulture, $".upscale-{Machine}-{Environment.ProcessId}-{Guid.NewGuid():N}.part"));
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
        try
        {
            using (FileStream file = new(TemporaryPath, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            if (force)
                File.Move(TemporaryPath, _path, overwrite: true);
            else
                TakeNewName();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!force && File.Exists(_path))
                throw Exists(_path);
            throw WriteFailed(_path, e);
        }
    }

    /// <summary>Removes the temporary name.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(TemporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to be told.
        }
    }

    /// <summary>Elsewhere than on Windows, a rename replaces silently whatever was checked before: only a link is refused by the system.</summary>
    private void TakeNewName()
    {
        if (!OperatingSystem.IsWindows() && Link(TemporaryPath, _path) == 0)
            return;

        // On Windows, and where the file system has no links.
        File.Move(TemporaryPath, _path, overwrite: false);
    }

    private static bool IsLeftover(FileInfo file)
    {
        Match name = TemporaryName().Match(file.Name);
        if (!name.Success || name.Groups[1].Value != Machine)
            return false;
        try
        {
            using Process writer = Process.GetProcessById(int.Parse(name.Groups[2].Value, CultureInfo.InvariantCulture));
            return file.LastWriteTimeUtc < writer.StartTime.ToUniversalTime() - s_clockTolerance;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or OverflowException)
        {
            return false;
        }
    }

    private static UpscaleException Exists(string path)
        => new(UpscaleErrorId.TargetExists, $"'{path}' exists already. Choose another name, or have existing files skipped, replaced or renamed.");

    private static UpscaleException WriteFailed(string path, Exception cause)
        => new(UpscaleErrorId.FileWriteFailed, $"'{path}' cannot be written: {cause.Message} Check the rights of the folder and the room on the disk.", cause);

    [GeneratedRegex(@"^\.upscale-([0-9a-f]{8})-([0-9]+)-[0-9a-f]{32}\.part$")]
    private static partial Regex TemporaryName();

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
