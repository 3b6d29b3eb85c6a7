namespace Upscale;

/// <summary>The stable names of failures: PowerShell's FullyQualifiedErrorId begins with one, <c>--json</c> prints them.</summary>
public static class UpscaleErrorId
{
    /// <summary>No file at the path.</summary>
    public const string FileNotFound = nameof(FileNotFound);

    /// <summary>The file cannot be opened: rights, locks, not a file.</summary>
    public const string FileOpenFailed = nameof(FileOpenFailed);

    /// <summary>The content is no picture, or one in a format that is not read.</summary>
    public const string FormatNotSupported = nameof(FormatNotSupported);

    /// <summary>The picture is damaged, truncated or contradicts itself.</summary>
    public const string ImageCorrupt = nameof(ImageCorrupt);

    /// <summary>The picture, or the wanted result, exceeds a limit of the format or of the settings.</summary>
    public const string ImageTooLarge = nameof(ImageTooLarge);

    /// <summary>The target exists and was not to be replaced.</summary>
    public const string TargetExists = nameof(TargetExists);

    /// <summary>Two sources of one run would write the same target, or a source would be overwritten.</summary>
    public const string TargetConflict = nameof(TargetConflict);

    /// <summary>Another process is working with the same journal.</summary>
    public const string JournalInUse = nameof(JournalInUse);

    /// <summary>The file that was named as journal is none, or cannot be read.</summary>
    public const string JournalInvalid = nameof(JournalInvalid);

    /// <summary>The target cannot be written.</summary>
    public const string FileWriteFailed = nameof(FileWriteFailed);

    /// <summary>No network of that name or path.</summary>
    public const string ModelNotFound = nameof(ModelNotFound);

    /// <summary>The file is no network that this program can run.</summary>
    public const string ModelNotSupported = nameof(ModelNotSupported);

    /// <summary>The network ran and failed, or gave no picture.</summary>
    public const string ModelFailed = nameof(ModelFailed);

    /// <summary>The result has non-finite values or collapsed to one colour.</summary>
    public const string OutputDegenerate = nameof(OutputDegenerate);

    /// <summary>Even the smallest tile needs more memory than there is.</summary>
    public const string OutOfMemory = nameof(OutOfMemory);

    /// <summary>The device that was asked for is not there.</summary>
    public const string DeviceNotAvailable = nameof(DeviceNotAvailable);

    /// <summary>The engine that was asked for does not compute the network, or not on that device.</summary>
    public const string EngineNotAvailable = nameof(EngineNotAvailable);

    /// <summary>No stage of that name.</summary>
    public const string StageNotFound = nameof(StageNotFound);

    /// <summary>No pipeline of that name or path.</summary>
    public const string PipelineNotFound = nameof(PipelineNotFound);

    /// <summary>The file or object is no pipeline, or one that cannot be run as it stands.</summary>
    public const string PipelineInvalid = nameof(PipelineInvalid);

    /// <summary>An option is unknown, of the wrong type or out of range.</summary>
    public const string OptionInvalid = nameof(OptionInvalid);

    /// <summary>A plugin cannot be loaded.</summary>
    public const string PluginNotLoaded = nameof(PluginNotLoaded);

    /// <summary>A stage of a plugin failed.</summary>
    public const string StageFailed = nameof(StageFailed);

    /// <summary>The picture, or a strip of a stage, was not done within the time that it was given.</summary>
    public const string TimeLimitExceeded = nameof(TimeLimitExceeded);

    /// <summary>The installation lacks a part that it needs.</summary>
    public const string NotInstalled = nameof(NotInstalled);
}
