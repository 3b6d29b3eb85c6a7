using System.Management.Automation;

namespace Upscale.Commands;

/// <summary>Failures as PowerShell's error records.</summary>
internal static class Failures
{
    /// <summary>Id of the error for a path that is no file, such as <c>Env:\Path</c>.</summary>
    public const string PathNotFileSystem = nameof(PathNotFileSystem);

    /// <param name="error">What happened.</param>
    /// <param name="target">What it happened to: for a picture, its path.</param>
    public static ErrorRecord Record(Exception error, object? target)
    {
        string id = error is UpscaleException expected ? expected.ErrorId : error.GetType().Name;
        return new ErrorRecord(error, id, Category(id), target);
    }

    private static ErrorCategory Category(string id) => id switch
    {
        UpscaleErrorId.FileNotFound or UpscaleErrorId.ModelNotFound or UpscaleErrorId.StageNotFound or UpscaleErrorId.PipelineNotFound => ErrorCategory.ObjectNotFound,
        UpscaleErrorId.FileOpenFailed => ErrorCategory.OpenError,
        UpscaleErrorId.FileWriteFailed => ErrorCategory.WriteError,
        UpscaleErrorId.JournalInUse => ErrorCategory.ResourceBusy,
        UpscaleErrorId.FormatNotSupported or UpscaleErrorId.ImageCorrupt or UpscaleErrorId.ModelNotSupported or UpscaleErrorId.JournalInvalid or UpscaleErrorId.PipelineInvalid => ErrorCategory.InvalidData,
        UpscaleErrorId.ImageTooLarge => ErrorCategory.LimitsExceeded,
        UpscaleErrorId.TargetExists or UpscaleErrorId.TargetConflict => ErrorCategory.ResourceExists,
        UpscaleErrorId.ModelFailed or UpscaleErrorId.StageFailed => ErrorCategory.OperationStopped,
        UpscaleErrorId.TimeLimitExceeded => ErrorCategory.OperationTimeout,
        UpscaleErrorId.OutputDegenerate => ErrorCategory.InvalidResult,
        UpscaleErrorId.OutOfMemory or UpscaleErrorId.DeviceNotAvailable or UpscaleErrorId.EngineNotAvailable => ErrorCategory.ResourceUnavailable,
        UpscaleErrorId.OptionInvalid or PathNotFileSystem => ErrorCategory.InvalidArgument,
        UpscaleErrorId.PluginNotLoaded or UpscaleErrorId.NotInstalled => ErrorCategory.NotInstalled,
        _ => ErrorCategory.NotSpecified,
    };
}
