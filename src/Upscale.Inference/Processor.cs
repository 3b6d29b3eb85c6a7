using System.Runtime.InteropServices;
using Upscale.Kernels;

namespace Upscale.Inference;

/// <summary>The processor of this machine.</summary>
public static class Processor
{
    private const string LinuxFile = "/proc/cpuinfo";

    /// <summary>Its name for people; where the system does not tell one, its architecture.</summary>
    public static string Name { get; } = FromLinux() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>What it can do at best; measured for a few milliseconds.</summary>
    /// <param name="threads">Threads that compute at the same time, at least 1.</param>
    /// <returns>Multiplications and additions of float32 numbers in 1e9 a second, all threads together.</returns>
    public static double MeasurePeak(int threads) => ProcessorPeak.Measure(threads);

    private static string? FromLinux()
    {
        if (!File.Exists(LinuxFile))
            return null;
        string? line = File.ReadLines(LinuxFile).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
