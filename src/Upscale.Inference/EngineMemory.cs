using System.Globalization;
using System.Text.Json;
using Upscale.Kernels;

namespace Upscale.Inference;

/// <summary>
/// What the engines made of networks on this machine, remembered in a file between processes: each network is tried once. It holds for one version of this
/// program; another one tries anew. Where the file cannot be read or written, each process tries for itself.
/// </summary>
/// <param name="path">Full path of the file; null to remember within the process only.</param>
public sealed class EngineMemory(string? path)
{
    private static readonly string s_program = $"{typeof(EngineMemory).Module.ModuleVersionId} {typeof(KernelPath).Module.ModuleVersionId}";

    private readonly Lock _gate = new();
    private Dictionary<string, EngineTimes>? _times;

    /// <summary>What is known of a network; null when it was not tried.</summary>
    /// <param name="network">Hash of its content.</param>
    /// <param name="threads">Threads of a run.</param>
    internal EngineTimes? Find(string network, int threads)
    {
        lock (_gate)
            return (_times ??= Load()).GetValueOrDefault(Key(network, threads));
    }

    /// <summary>Remembers a trial.</summary>
    internal void Learn(string network, int threads, EngineTimes times)
    {
        lock (_gate)
        {
            // What other processes learned meanwhile is kept.
            foreach ((string key, EngineTimes others) in Load())
                (_times ??= [])[key] = others;
            (_times ??= [])[Key(network, threads)] = times;
            Save();
        }
    }

    private static string Key(string network, int threads) => string.Create(CultureInfo.InvariantCulture, $"{network} {threads} of {Environment.ProcessorCount} {KernelPaths.Best} {Processor.Name}");

    private Dictionary<string, EngineTimes> Load()
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<Book>(File.ReadAllText(path)) is { Program: var program, Networks: { } networks } && program == s_program
                ? new Dictionary<string, EngineTimes>(networks.Where(n => n.Value is not null))
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private void Save()
    {
        if (path is null)
            return;
        string temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(temporary, JsonSerializer.Serialize(new Book(s_program, _times!)));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next process tries again: that takes less than a second.
        }
    }

    private sealed record Book(string Program, Dictionary<string, EngineTimes> Networks);
}
