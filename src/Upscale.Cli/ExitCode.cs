namespace Upscale.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Done = 0;

    /// <summary>Nothing could be done: usage or set-up.</summary>
    public const int NothingDone = 1;

    /// <summary>Some inputs failed.</summary>
    public const int SomeFailed = 2;

    /// <summary>Stopped by a signal.</summary>
    public const int Cancelled = 130;
}
