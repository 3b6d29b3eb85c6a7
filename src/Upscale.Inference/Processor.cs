using System.Runtime.InteropServices;

namespace Upscale.Inference;

/// <summary>The processor of this machine.</summary>
public static class Processor
{
    private const string LinuxFile = "/proc/cpuinfo";

    /// <summary>Its name for people; where the system does not tell one, its architecture.</summary>
    public static string Name { get; } = FromLinux() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string? FromLinux()
    {
        if (!File.Exists(LinuxFile))
            return null;
        string? line = File.ReadLines(LinuxFile).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
