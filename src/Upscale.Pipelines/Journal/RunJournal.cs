using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Upscale.Pipelines;

/// <summary>
/// A file that says what became of every picture of a run, one JSON object a line, each on the disk before the run goes on. A run
/// that is started again with it does only what is missing, failed or changed. Thread-safe.
/// </summary>
public sealed class RunJournal : IDisposable
{
    private const int Version = 1;

    // What flock answers on Linux and on macOS, and Windows for a share violation.
    private const int WouldBlockOnLinux = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    // Names stay readable: nothing here ends up in HTML.
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly byte[] s_headerStart = Encoding.ASCII.GetBytes("{\"upscaleJournal\":");

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly FileStream? _file;
    private readonly Lock _lock = new();
    private readonly Dictionary<JournalKey, JournalEntry> _entries;
    private readonly Dictionary<string, Place> _places = new(FilePath.Comparer);

    private RunJournal(string path, FileStream? file, TimeProvider time)
    {
        _path = path;
        _file = file;
        _time = time;
        _entries = new Dictionary<JournalKey, JournalEntry>(new KeyComparer());
        Begun = time.GetLocalNow();
    }

    /// <summary>When the first run with this journal began.</summary>
    public DateTimeOffset Begun { get; private set; }

    /// <summary>Lines that could not be read: what they say is not known.</summary>
    public int UnreadableLines { get; private set; }

    /// <summary>Opens a journal for a run, alone; makes it and its folder when they are missing. A last line that was cut off is removed.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.JournalInUse"/>, <see cref="UpscaleErrorId.JournalInvalid"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.
    /// </exception>
    public static RunJournal Open(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // Elsewhere than on Windows only a file that is shared with nobody is locked, and only against those who ask.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None, bufferSize: 0);
            var journal = new RunJournal(path, file, time);
            long whole = journal.Load(file);
            file.SetLength(whole);
            file.Position = whole;
            if (whole == 0)
                journal.Write(new JournalHeader(Version, journal.Begun));
            return journal;
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is IOException { HResult: WouldBlockOnLinux or WouldBlockOnMac or SharingViolation })
                throw new UpscaleException(UpscaleErrorId.JournalInUse, $"The journal {path} is in use: another run works with it. Wait for its end, or name another journal.", e);
            if (IsWriteFailure(e))
                throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The journal {path} cannot be written: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Reads a journal for a run that writes nothing; one that is missing is empty.</summary>
    /// <inheritdoc cref="Open"/>
    public static RunJournal Read(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        var journal = new RunJournal(path, null, time);
        try
        {
            if (File.Exists(path))
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                journal.Load(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.JournalInvalid, $"The journal {path} cannot be read: {e.Message}", e);
        }

        return journal;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    /// <summary>The last line on a result, or null.</summary>
    internal JournalEntry? Find(JournalKey key)
    {
        lock (_lock)
            return _entries.GetValueOrDefault(key);
    }

    /// <summary>
    /// True when a file is there that a run with this journal made: it was recorded with the length that it has, or was being made when
    /// the run was cut off.
    /// </summary>
    internal bool IsOwn(string path)
    {
        lock (_lock)
            return _places.TryGetValue(path, out Place? place) && new FileInfo(path) is { Exists: true } file && (place.IsBegun || place.Length == file.Length);
    }

    /// <summary>Writes a line to the disk; nothing where the journal is only read.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.FileWriteFailed"/>: the journal is as before.</exception>
    internal void Append(JournalEntry entry)
    {
        if (_file is null)
            return;
        entry = entry with { Time = _time.GetLocalNow() };
        lock (_lock)
        {
            long before = _file.Position;
            try
            {
                Write(entry);
            }
            catch (Exception e) when (IsWriteFailure(e))
            {
                Restore(before);
                throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The journal {_path} cannot be written: {e.Message} Check the room on the disk.", e);
            }

            Keep(entry);
        }
    }

    private void Write<T>(T line)
    {
        _file!.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, s_json), (byte)'\n']);
        _file.Flush(flushToDisk: true);
    }

    /// <summary>The runtime takes a file that may not grow for an argument out of range.</summary>
    private static bool IsWriteFailure(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private void Restore(long length)
    {
        try
        {
            _file!.SetLength(length);
            _file.Position = length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the line is there in part, and the next run passes over it.
        }
    }

    /// <summary>Reads all lines; gives the length of those that are whole.</summary>
    private long Load(FileStream file)
    {
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        int end = content.AsSpan().LastIndexOf((byte)'\n') + 1;
        int headerEnd = content.AsSpan().IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = content.AsSpan(0, headerEnd < 0 ? content.Length : headerEnd);
        int common = Math.Min(first.Length, s_headerStart.Length);
        if (!first[..common].SequenceEqual(s_headerStart.AsSpan(0, common)) || (headerEnd >= 0 && common < s_headerStart.Length))
            throw Invalid("is no journal, but another file. Name one that does not exist yet");
        if (headerEnd < 0)
            return 0;
        JournalHeader header = Parse<JournalHeader>(first) ?? throw Invalid("has a damaged first line. Name another one");
        if (header.UpscaleJournal != Version)
            throw Invalid($"has the version {header.UpscaleJournal}, and this program knows {Version}. Name another one");
        Begun = header.Begun;
        foreach (Range line in content.AsSpan(headerEnd + 1, end - headerEnd - 1).Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = content.AsSpan(headerEnd + 1)[line];
            if (text.IsEmpty)
                continue;
            if (Parse<JournalEntry>(text) is { } entry)
                Keep(entry);
            else
                UnreadableLines++;
        }

        return end;
    }

    private void Keep(JournalEntry entry)
    {
        if (entry is { Options: { } options, Target: { } target })
        {
            var key = new JournalKey(entry.Source, options, entry.Wanted ?? target);
            if (entry.State != JournalState.Skipped || !_entries.ContainsKey(key))
                _entries[key] = entry;
            if (entry.State != JournalState.Skipped)
                _places[target] = new Place(entry.State == JournalState.Started, entry.TargetLength ?? _places.GetValueOrDefault(target)?.Length);
        }
    }

    private static T? Parse<T>(ReadOnlySpan<byte> line) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private UpscaleException Invalid(string why) => new(UpscaleErrorId.JournalInvalid, $"The journal {_path} {why}.");

    /// <param name="IsBegun">True while a picture is made for it.</param>
    /// <param name="Length">Length in bytes of the last one that was made; null for none.</param>
    private sealed record Place(bool IsBegun, long? Length);

    /// <summary>Paths compare as the system compares them.</summary>
    private sealed class KeyComparer : IEqualityComparer<JournalKey>
    {
        public bool Equals(JournalKey? x, JournalKey? y)
            => x?.Options == y?.Options && FilePath.Comparer.Equals(x?.Source, y?.Source) && FilePath.Comparer.Equals(x?.Wanted, y?.Wanted);

        public int GetHashCode(JournalKey key) => HashCode.Combine(key.Options, FilePath.Comparer.GetHashCode(key.Source), FilePath.Comparer.GetHashCode(key.Wanted));
    }
}
