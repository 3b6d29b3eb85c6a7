using System.Runtime.CompilerServices;

namespace Upscale.Testing;

/// <summary>Keeps what tests measure out of the user's files.</summary>
internal static class RatesFile
{
    private const string Variable = "UPSCALE_RATES";

    [ModuleInitializer]
    internal static void Redirect()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, Path.Combine(Path.GetTempPath(), $"upscale-rates-{Environment.ProcessId}.json"));
    }
}
