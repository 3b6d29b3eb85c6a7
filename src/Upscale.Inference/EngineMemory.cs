using System.Globalization;
using Upscale.Kernels;

namespace Upscale.Inference;

/// <summary>
/// What the engines made of networks on this machine, and what makes the kernels fast on it, remembered in a file between processes: each network is
/// tried once. It holds for one version of this program; another one tries anew. Where the file cannot be read or written, each process tries for itself.
/// </summary>
/// <param name="path">Full path of the file; null to remember within the process only.</param>
public sealed class EngineMemory(string? path)
{
    private static readonly string s_program = $"{typeof(EngineMemory).Module.ModuleVersionId} {typeof(KernelPath).Module.ModuleVersionId}";

    private readonly Lock _gate = new();
    private Book? _book;

    /// <summary>What is known of a network; null when it was not tried.</summary>
    /// <param name="network">Hash of its content.</param>
    /// <param name="threads">Threads of a run.</param>
    internal EngineTimes? Find(string network, int threads)
    {
        lock (_gate)
            return (_book ??= Load()).Networks.GetValueOrDefault(Key(network, threads));
    }

    /// <summary>The fastest setting of the kernels on this machine; measured where it is not known yet.</summary>
    /// <param name="threads">Most threads of a run.</param>
    internal KernelTuning Tuning(int threads)
    {
        string key = Key("", threads);
        lock (_gate)
        {
            _book ??= Load();
            if (_book.Kernels.TryGetValue(key, out KernelTuning? known))
                return known;
            KernelTuning tuning = KernelTuning.Measure(threads);
            Add(book => book.Kernels[key] = tuning);
            return tuning;
        }
    }

    /// <summary>Remembers a trial.</summary>
    internal void Learn(string network, int threads, EngineTimes times)
    {
        lock (_gate)
            Add(book => book.Networks[Key(network, threads)] = times);
    }

    private void Add(Action<Book> change)
    {
        _book ??= Load();
        // What other processes learned meanwhile is kept.
        Book others = Load();
        foreach ((string key, EngineTimes times) in others.Networks)
            _book.Networks[key] = times;
        foreach ((string key, KernelTuning tuning) in others.Kernels)
            _book.Kernels[key] = tuning;
        change(_book);
        RememberedFile.Write(path, _book);
    }

    private static string Key(string network, int threads) => string.Create(CultureInfo.InvariantCulture, $"{network} {threads} of {Environment.ProcessorCount} {KernelPaths.Best} {Processor.Name}");

    private Book Load()
        => RememberedFile.Read<Book>(path) is { Networks: { } networks, Kernels: { } kernels } book && book.Program == s_program
            ? new Book(
                s_program,
                new Dictionary<string, EngineTimes>(networks.Where(n => n.Value is not null)),
                new Dictionary<string, KernelTuning>(kernels.Where(k => k.Value is { Threads: > 0, BlockBytes: > 0 })))
            : new Book(s_program, [], []);

    private sealed record Book(string Program, Dictionary<string, EngineTimes> Networks, Dictionary<string, KernelTuning> Kernels);
}
