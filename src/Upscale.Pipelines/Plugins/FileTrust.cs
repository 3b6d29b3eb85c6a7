using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace Upscale.Pipelines.Plugins;

/// <summary>Tells whether only the user, and who may do everything anyway, can change a file or folder.</summary>
internal static partial class FileTrust
{
    private const UnixFileMode GroupOrOther = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Why somebody else can change it, in words; null when nobody can.</summary>
    /// <param name="path">A file or folder that is there; links are followed.</param>
    public static string? Doubt(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? WindowsDoubt(path) : UnixDoubt(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"nobody can say who may write to {path}: {e.Message}";
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static unsafe string? UnixDoubt(string path)
    {
        // Owner and group are not to be had from the class library; the layout of this record has never changed but at its end.
        FileStatus* status = stackalloc FileStatus[4];
        if (Status(path, status) != 0)
            throw new IOException($"error {Marshal.GetLastPInvokeError()}");
        uint user = UserId();
        if (status->Owner != user && status->Owner != 0)
            return $"{path} belongs to another user";
        var mode = (UnixFileMode)status->Mode & GroupOrOther;

        // A group that has the user's number is made for that user alone: where every user has one, what a user makes is writable by it.
        if (user != 0 && status->Group == user)
            mode &= ~UnixFileMode.GroupWrite;
        return mode == 0 ? null : $"{path} can be written to by {(mode.HasFlag(UnixFileMode.OtherWrite) ? "everybody" : "its group")}";
    }

    [SupportedOSPlatform("windows")]
    private static string? WindowsDoubt(string path)
    {
        const FileSystemRights Change = FileSystemRights.WriteData | FileSystemRights.AppendData | FileSystemRights.Delete
            | FileSystemRights.DeleteSubdirectoriesAndFiles | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;
        WellKnownSidType[] crowds = [WellKnownSidType.WorldSid, WellKnownSidType.AuthenticatedUserSid, WellKnownSidType.BuiltinUsersSid, WellKnownSidType.BuiltinGuestsSid];
        FileSystemSecurity security = Directory.Exists(path) ? new DirectoryInfo(path).GetAccessControl() : new FileInfo(path).GetAccessControl();
        return security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)).Cast<FileSystemAccessRule>()
            .Any(rule => rule.AccessControlType == AccessControlType.Allow && (rule.FileSystemRights & Change) != 0
                && !rule.PropagationFlags.HasFlag(PropagationFlags.InheritOnly)
                && crowds.Any(((SecurityIdentifier)rule.IdentityReference).IsWellKnown))
            ? $"{path} can be written to by everybody who can log on"
            : null;
    }

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static unsafe partial int Status(string path, FileStatus* status);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_GetEUid")]
    private static partial uint UserId();

    /// <summary>The runtime's own record of a file, as far as it is needed here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct FileStatus
    {
        public int Flags;
        public int Mode;
        public uint Owner;
        public uint Group;
    }
}
