using System.Runtime.InteropServices;
using NetVips;

namespace Upscale.Imaging;

/// <summary>The one place that starts libvips, sets it up and turns its error texts into plain reasons.</summary>
internal static class VipsLibrary
{
    // Native texts by their beginnings or parts, with what they mean for a user.
    private static readonly (string Text, string Reason)[] s_reasons =
    [
        ("No space left on device", "the disk is full"),
        ("not enough space on the disk", "the disk is full"),
        ("Disk quota exceeded", "the disk quota is used up"),
        ("File too large", "the file system does not hold files of this size"),
        ("Permission denied", "access is denied"),
        ("Read-only file system", "the file system is read-only"),
        ("out of memory", "there is not enough memory"),
        ("Input/output error", "the disk reports an error"),
        ("Unsupported codec", UnsupportedCodec),
        ("No decoding plugin", UnsupportedCodec),
        ("Unsupported feature", UnsupportedCodec),
        ("CRC error", "a checksum is wrong"),
        ("Image width is zero", "the width in the header is 0"),
        ("Image height is zero", "the height in the header is 0"),
        ("Invalid IHDR", "the header is not valid"),
        ("premature end", CutShort),
        ("Premature end", CutShort),
        ("not enough data", CutShort),
        ("Not enough image data", CutShort),
        ("Unexpected end", CutShort),
        ("End of file", CutShort),
        ("truncated", CutShort),
        ("Read error at", CutShort),
        ("contains no image", "there is no picture in it"),
        ("unable to open source", "its directory is damaged"),
        ("unable to parse image", "it is cut short or its header is damaged"),
        ("read error", "the compressed pixels are damaged"),
    ];

    private static readonly Lazy<bool> s_loaded = new(Load);

    [ThreadStatic]
    private static List<string>? t_log;

    /// <summary>The reason for files that lack their end.</summary>
    public const string CutShort = "the file ends before the picture does";

    /// <summary>The reason for files whose pixels need a decoder that this libvips lacks.</summary>
    public const string UnsupportedCodec = "its pixels are packed with a codec that this build of libvips lacks";

    /// <summary>Starts libvips on the first call.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>: the native library cannot be loaded.</exception>
    public static void EnsureLoaded() => _ = s_loaded.Value;

    /// <summary>True when the loaded libvips has this operation.</summary>
    public static bool Has(string operation)
    {
        EnsureLoaded();
        return NetVips.NetVips.TypeFind("VipsOperation", operation) != 0;
    }

    /// <summary>
    /// Gathers what libvips logs on this thread until disposed: the reasons of some loaders are told nowhere else.
    /// </summary>
    public static LogScope CaptureLog() => new();

    /// <summary>The cause of a failure in a few plain words, without a full stop.</summary>
    public static string Reason(VipsException exception, LogScope? log = null)
    {
        // The error buffer is shared by all threads and may begin with older lines: the newest line that is understood counts.
        string[] lines = [.. exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Skip(1)];
        foreach (string line in lines.Concat(log?.Lines ?? []).Reverse())
        {
            // "libpng read error" says less than the log line that came before it.
            if (line.Contains("libpng read error", StringComparison.Ordinal) && log is { Lines.Count: > 0 })
                continue;
            string reason = Reason(line);
            if (reason != line)
                return reason;
        }

        return log?.Lines.LastOrDefault() ?? lines.LastOrDefault() ?? exception.Message.Trim();
    }

    /// <summary>A text of a library or the system in a few plain words; itself where it is not known.</summary>
    public static string Reason(string text)
    {
        foreach ((string part, string reason) in s_reasons)
        {
            if (text.Contains(part, StringComparison.OrdinalIgnoreCase))
                return reason;
        }

        return text;
    }

    /// <summary>True for a reason that is about the disk that was written to, not about the picture.</summary>
    public static bool IsDiskTrouble(string reason)
        => reason.Contains("disk", StringComparison.Ordinal) || reason.Contains("file system", StringComparison.Ordinal) || reason == "access is denied";

    private static bool Load()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            string why = ModuleInitializer.Exception?.Message ?? "no reason was given";
            throw new UpscaleException(
                UpscaleErrorId.NotInstalled,
                $"The native library libvips cannot be loaded: {why} Install the build for this system ({RuntimeInformation.RuntimeIdentifier}).",
                ModuleInitializer.Exception);
        }

        // Every picture is read once: cached operations would only hold files open and memory.
        Cache.Max = 0;
        NetVips.NetVips.Concurrency = Math.Min(4, Environment.ProcessorCount);
        NetVips.NetVips.BlockUntrusted = true;
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Info | Enums.LogLevelFlags.Debug, (_, _, message) => t_log?.Add(message));
        return true;
    }

    internal sealed class LogScope : IDisposable
    {
        private readonly List<string>? _outer = t_log;

        public LogScope() => t_log = Lines;

        public List<string> Lines { get; } = [];

        public void Dispose() => t_log = _outer;
    }
}
