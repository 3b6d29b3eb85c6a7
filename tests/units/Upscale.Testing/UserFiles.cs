using System.Runtime.CompilerServices;

namespace Upscale.Testing;

/// <summary>Keeps tests out of the user's files, and those out of tests.</summary>
internal static class UserFiles
{
    private const string Variable = "UPSCALE_HOME";

    [ModuleInitializer]
    internal static void Redirect()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, Path.Combine(Path.GetTempPath(), $"upscale-home-{Environment.ProcessId}"));
    }
}
