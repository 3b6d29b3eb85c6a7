using System.Globalization;

namespace Upscale.Inference;

/// <summary>How much memory the machine, or the container around the process, still has.</summary>
internal static class SystemMemory
{
    /// <summary>Bytes that can be taken without driving others out.</summary>
    public static long Available()
    {
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        long limit = info.TotalAvailableMemoryBytes;
        if (OperatingSystem.IsLinux() && File.Exists("/proc/meminfo"))
        {
            string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
            if (line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..]
                && long.TryParse(kilobytes, CultureInfo.InvariantCulture, out long value))
            {
                return Math.Min(limit, value * 1024);
            }
        }

        return Math.Max(limit - info.MemoryLoadBytes, limit / 8);
    }
}
