using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Upscale.Inference.Native;
using Upscale.Kernels;

namespace Upscale.Inference;

/// <summary>
/// The loaded networks of a process. A network is loaded once for each device, however many ask for it at the same time; it is kept while the
/// memory budget of its device allows, and lent for exclusive runs in the order of asking.
/// </summary>
public sealed class SessionPool : IDisposable
{
    private const long Megabyte = 1 << 20;
    private const long UnknownCardMemory = 4096 * Megabyte;
    private readonly SessionFactory _sessions;
    private readonly Lazy<NativeRuntime> _runtime = new(() => new NativeRuntime());
    private readonly ModelFiles _files = new();
    private readonly ConcurrentDictionary<string, SharedWork<ModelCard>> _probes = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Content, string Device, bool Wide, InferenceEngine Engine), PooledNetwork> _networks = [];
    private readonly Dictionary<(string Content, string Device, bool Wide, InferenceEngine Engine), int> _loads = [];
    private readonly HashSet<(string Content, string Device)> _tooNarrow = [];
    private readonly ConcurrentDictionary<string, string> _notCovered = new(StringComparer.Ordinal);
    private readonly EngineUse _ownEngines;
    private bool _disposed;

    /// <summary>Makes a pool of its own, for tests; a program uses <see cref="Shared"/>.</summary>
    /// <param name="options">Null for the defaults.</param>
    public SessionPool(SessionPoolOptions? options = null)
    {
        Options = options ?? new SessionPoolOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.CpuSlots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Options.Threads, 1);
        _ownEngines = new EngineUse(Options.Engine, new EngineMemory(null));
        _sessions = new SessionFactory(Options.Threads, Options.AllowTf32);
        Devices = new Devices(() => _runtime.Value, _sessions);
    }

    /// <summary>The pool of this process.</summary>
    public static SessionPool Shared { get; } = new();

    /// <summary>The devices of this machine.</summary>
    public Devices Devices { get; }

    /// <summary>The tiles that were too large, for each network and device.</summary>
    public TileMemory TileMemory { get; } = new();

    /// <summary>The settings.</summary>
    internal SessionPoolOptions Options { get; }

    /// <summary>The networks that are loaded or being loaded, last used first.</summary>
    public IReadOnlyList<SessionInfo> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _networks.Values.OrderByDescending(n => n.LastUsed).Select(n => n.Describe())];
        }
    }

    /// <summary>The pool for stages that run on one device.</summary>
    /// <param name="device">A usable one, from <see cref="Devices"/>.</param>
    /// <param name="catalog">The installed networks.</param>
    /// <param name="baseFolder">What relative paths of .onnx files are relative to; null for the process's current folder.</param>
    /// <param name="warn">
    /// Told, on any thread, when a network that computes in float16 gave no proper result and is run in float32 instead: once for each network and
    /// device. Null for nobody.
    /// </param>
    /// <param name="engines">What is to compute networks on the CPU; null for the engine of the pool's settings.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.DeviceNotAvailable"/>, or <see cref="UpscaleErrorId.EngineNotAvailable"/>: the engine does not run on the device.
    /// </exception>
    public IModelPool On(DeviceInfo device, ModelCatalog catalog, string? baseFolder = null, Action<string>? warn = null, EngineUse? engines = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(catalog);
        if (!device.Usable)
            throw new UpscaleException(UpscaleErrorId.DeviceNotAvailable, $"The device {device.Name} cannot be used: {device.Reason}.");
        if (engines?.Engine == InferenceEngine.Native && device.Kind != DeviceKind.Cpu)
            throw new UpscaleException(UpscaleErrorId.EngineNotAvailable, $"The engine {InferenceEngine.Native} computes on the processor, not on {device.Name}: choose the device {DeviceKind.Cpu} or another engine.");
        return new ModelPool(this, device, catalog, Path.GetFullPath(baseFolder ?? Environment.CurrentDirectory), engines ?? _ownEngines, warn);
    }

    /// <summary>A hash over the graphs and weights of a network: equal only for equal networks.</summary>
    /// <param name="card">From <see cref="IModelPool.DescribeAsync"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public string ContentHash(ModelCard card, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(card);
        return string.Join('+', card.Components.Select(c => c.Path).DefaultIfEmpty(card.Path).Select(path => _files.Read(path, cancellationToken).ContentHash));
    }

    /// <summary>Disposes networks: idle ones at once, those in use as soon as they are given back. Later requests load anew.</summary>
    /// <param name="model">Id or full path of one network, on every device; null for all.</param>
    /// <returns>How many were taken out of the pool.</returns>
    public int Clear(string? model = null)
    {
        List<PooledNetwork> idle = [];
        int count = 0;
        lock (_gate)
        {
            foreach (((string, string, bool, InferenceEngine) key, PooledNetwork network) in _networks.ToArray())
            {
                string id = network.Card.Id;
                if (model is not null && !string.Equals(id, model, StringComparison.OrdinalIgnoreCase) && network.Card.Path != model
                    && !id.StartsWith(model + "/", StringComparison.OrdinalIgnoreCase))
                    continue;
                _networks.Remove(key);
                network.Retired = true;
                count++;
                if (network.Users == 0)
                    idle.Add(network);
            }
        }

        idle.ForEach(n => n.Dispose());
        return count;
    }

    /// <summary>Clears the pool and lets nothing in any more.</summary>
    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        Clear();
    }

    /// <summary>Bytes that one run on a device may take.</summary>
    internal long TileBudget(DeviceInfo device) => Options.TileBudget ?? (device.Kind == DeviceKind.Cpu
        ? Math.Clamp(SystemMemory.Available() / 4, 192 * Megabyte, 6144 * Megabyte)
        : Math.Clamp((device.MemoryBytes ?? UnknownCardMemory) / 4, 256 * Megabyte, 8192 * Megabyte));

    /// <summary>Compares the files of a card with the hashes in the card.</summary>
    /// <returns>The card, its hashes filled in where it had none, and its components described.</returns>
    internal ModelCard Verify(ModelCard card, CancellationToken cancellationToken)
    {
        if (card.Components.Count == 0)
            return card with { Sha256 = Verify(card.Id, card.Path, card.Sha256, cancellationToken).Sha256 };
        ModelComponent[] components = [.. card.Components.Select(c => Describe(c, Verify(card.Id, c.Path, c.Sha256, cancellationToken)))];
        return card with { Components = components, Sha256 = components[0].Sha256, Parameters = card.Parameters ?? ModelCatalog.Parameters(components) };
    }

    /// <summary>Finds out what a file without a card is; each content once in this process.</summary>
    internal async Task<ModelCard> ProbeAsync(string path, CancellationToken cancellationToken)
    {
        ModelFile file = await Task.Run(() => _files.Read(path, cancellationToken), cancellationToken).ConfigureAwait(false);
        _ = _runtime.Value;
        while (true)
        {
            SharedWork<ModelCard> work = _probes.GetOrAdd(
                file.ContentHash, static (_, a) => new SharedWork<ModelCard>(token => ModelProbe.Describe(a.File, a.Sessions, token)), (File: file, Sessions: _sessions));
            try
            {
                ModelCard card = await work.WaitAsync(cancellationToken).ConfigureAwait(false);
                return card with { Id = Path.GetFileNameWithoutExtension(file.Path), Path = file.Path };
            }
            catch (Exception exception)
            {
                _probes.TryRemove(new KeyValuePair<string, SharedWork<ModelCard>>(file.ContentHash, work));

                // Joined a trial that the last of its waiters had just given up.
                if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                    continue;
                throw;
            }
        }
    }

    /// <inheritdoc cref="IModelPool.LeaseAsync(ModelCard, CancellationToken)"/>
    internal async Task<IModelLease> LeaseAsync(ModelCard card, DeviceInfo device, EngineUse engines, Action<string>? warn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ModelFile file = await Task.Run(() => _files.Read(card.Path, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (file.Sha256 != card.Sha256)
            throw ModelFile.Refused(card.Path, "was changed while it was in use: start again");
        bool wide;
        lock (_gate)
            wide = _tooNarrow.Contains((file.ContentHash, device.Name));
        return new ModelLease(card, this, await EnterAsync(card, file, device, wide, engines, cancellationToken).ConfigureAwait(false), engines, warn);
    }

    /// <summary>Waits for a place on a network, loading it if need be.</summary>
    /// <param name="card">What it is loaded for.</param>
    /// <param name="file">Its file.</param>
    /// <param name="device">Where it is to run.</param>
    /// <param name="wide">True to have a network that computes in float16 compute in float32.</param>
    /// <param name="engines">What is to compute it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    internal async Task<PooledPlace> EnterAsync(ModelCard card, ModelFile file, DeviceInfo device, bool wide, EngineUse engines, CancellationToken cancellationToken)
    {
        PooledNetwork pooled = Enter(card, file, device, wide, engines);
        try
        {
            Network network = await pooled.Loading.WaitAsync(cancellationToken).ConfigureAwait(false);
            await pooled.Slots.EnterAsync(cancellationToken).ConfigureAwait(false);
            return new PooledPlace(pooled, network, () => GiveBack(pooled));
        }
        catch
        {
            Leave(pooled);
            throw;
        }
    }

    /// <summary>Notes that float16 is not enough for a network on its device, so that it is run in float32 from the start.</summary>
    /// <returns>True the first time.</returns>
    internal bool MarkAsTooNarrow(PooledNetwork pooled)
    {
        lock (_gate)
            return _tooNarrow.Add((pooled.File.ContentHash, pooled.Device.Name));
    }

    /// <summary>Refuses a network that the kernels of this program do not compute.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.EngineNotAvailable"/>.</exception>
    internal void RequireNative(ModelCard card, CancellationToken cancellationToken)
    {
        foreach (string path in card.Components.Select(c => c.Path).DefaultIfEmpty(card.Path))
        {
            ModelFile file = _files.Read(path, cancellationToken);
            string reason = _notCovered.GetOrAdd(file.ContentHash, _ => WhyNotCovered(file, card));
            if (reason.Length > 0)
                throw new UpscaleException(UpscaleErrorId.EngineNotAvailable, $"The engine {InferenceEngine.Native} does not compute the network '{card.Id}': it has {reason}. Choose the engine {InferenceEngine.Auto} or {InferenceEngine.OnnxRuntime}.");
        }
    }

    private static ModelComponent Describe(ModelComponent component, ModelFile file)
        => component with { Sha256 = file.Sha256, Inputs = file.Inputs, Outputs = file.Outputs, IsRandom = file.IsRandom, Parameters = file.Parameters };

    private ModelFile Verify(string id, string path, string sha256, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw ModelFile.Refused(path, $"is missing, though the card of '{id}' names it: install the network again");
        ModelFile file = _files.Read(path, cancellationToken);
        return sha256.Length == 0 || file.Sha256 == sha256
            ? file
            : throw ModelFile.Refused(path, $"is damaged or another file than the card of '{id}' describes (SHA-256 {file.Sha256} instead of {sha256}): get the file again");
    }

    private PooledNetwork Enter(ModelCard card, ModelFile file, DeviceInfo device, bool wide, EngineUse engines)
    {
        // On a card there is but one.
        InferenceEngine engine = device.Kind == DeviceKind.Cpu && !wide ? engines.Engine : InferenceEngine.OnnxRuntime;
        (string, string, bool, InferenceEngine) key = (file.ContentHash, device.Name, wide, engine);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_networks.TryGetValue(key, out PooledNetwork? pooled))
            {
                int loads = _loads[key] = _loads.GetValueOrDefault(key) + 1;
                int slots = device.Kind == DeviceKind.Cpu ? Options.CpuSlots : 1;
                pooled = new PooledNetwork(card, file, device, wide, engine, slots, loads);
                _networks.Add(key, pooled);

                // Not cancelled by the first who asked: others may wait for the same loading.
                pooled.Loading = NativeWork.StartAsync(() => Load(key, pooled, engines.Memory));
            }

            pooled.Users++;
            pooled.Touch();
            return pooled;
        }
    }

    private Network Load((string, string, bool, InferenceEngine) key, PooledNetwork pooled, EngineMemory memory)
    {
        try
        {
            _ = _runtime.Value;

            // The coming network counts already: idle ones make room for it before it is loaded.
            Evict(pooled.Device);
            long start = Stopwatch.GetTimestamp();
            bool bound = Options.AlwaysBind || pooled.Device.Kind == DeviceKind.Cuda;
            Network network = LoadNetwork(pooled, bound, memory);
            pooled.LoadTime = Stopwatch.GetElapsedTime(start);
            return network;
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                if (_networks.GetValueOrDefault(key) == pooled)
                    _networks.Remove(key);
            }

            if (exception is UpscaleException)
                throw;
            throw LoadErrors.Translate(pooled.File, exception);
        }
    }

    private InferenceSession LoadSession(PooledNetwork pooled)
    {
        (string path, DeviceInfo device) = (pooled.File.Path, pooled.Device);
        if (!pooled.Wide)
            return _sessions.Load(path, device.Kind, device.Index);
        byte[] wide = OnnxWidener.Widen(path) ?? throw ModelFile.Refused(path, "computes in float16 and is too large to be widened to float32 (2 GB): export it in float32");
        return _sessions.Load(wide, device.Kind, device.Index);
    }

    private Network LoadNetwork(PooledNetwork pooled, bool bound, EngineMemory memory)
    {
        InferenceSession session = LoadSession(pooled);
        try
        {
            (NativeRun? native, string? warning) = pooled.Engine == InferenceEngine.OnnxRuntime ? (null, null) : LoadNative(pooled, session, memory);
            return new Network(session, () => LoadSession(pooled), bound, native, warning);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The network for the kernels of this program, when they cover it, give what ONNX Runtime gives, and where that is asked for are the faster ones;
    /// else null, and why, if that is news. Who computes it is settled before the first run: one network does not change hands between two tiles.
    /// </summary>
    private (NativeRun? Native, string? Warning) LoadNative(PooledNetwork pooled, InferenceSession session, EngineMemory memory)
    {
        NativeRun? native = null;
        try
        {
            native = ReadNative(pooled.File, pooled.Card, memory.Tuning(Options.Threads));
            EngineTimes? times = Options.NativeError == 0 ? memory.Find(pooled.File.ContentHash, Options.Threads) : null;
            if (times is null)
            {
                using EngineTrial trial = new(pooled.Card, pooled.File.Inputs, session, native);
                times = trial.Measure(pooled.Abandoned.Token);
                if (Options.NativeError == 0)
                    memory.Learn(pooled.File.ContentHash, Options.Threads, times);
            }

            if (times.Agree && (times.NativeIsFaster || pooled.Engine == InferenceEngine.Native))
                return (native, null);
            native.Dispose();
            return (null, times.Agree ? null : $"differs from ONNX Runtime's result by {times.Difference:G2} of the full range: ONNX Runtime is used instead");
        }
        catch (Exception exception) when (exception is NotCoveredException or OnnxRuntimeException)
        {
            // Of the latter kind: a network that does not take the tile that it is tried with.
            native?.Dispose();
            return (null, null);
        }
        catch (OperationCanceledException)
        {
            // Nobody wanted the network any more. Who asks for it later is to get one that was tried.
            native?.Dispose();
            Retire(pooled);
            return (null, null);
        }
        catch (Exception exception)
        {
            // Whatever a stranger's file has in it: a network that ONNX Runtime loads is not refused for it.
            native?.Dispose();
            return (null, $"could not be compared ({exception.Message}): ONNX Runtime is used instead");
        }
    }

    /// <summary>What of a network the kernels do not compute; empty when they compute it.</summary>
    private string WhyNotCovered(ModelFile file, ModelCard card)
    {
        const int SomeSide = 64;
        try
        {
            using NativeRun native = ReadNative(file, card, new KernelTuning(Options.Threads, KernelTuning.UsualBlockBytes));
            EngineTrial.Prepare(native, file.Inputs, card.Scale, card.FixedSize?.Width ?? SomeSide);
            return "";
        }
        catch (NotCoveredException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"a graph that is not read ({exception.Message})";
        }
    }

    /// <summary>The network for the kernels of this program.</summary>
    /// <exception cref="NotCoveredException">They do not compute it.</exception>
    private NativeRun ReadNative(ModelFile file, ModelCard card, KernelTuning tuning)
    {
        if (file.IsRandom)
            throw new NotCoveredException("random numbers of its own");
        if (file.ComputesInHalf)
            throw new NotCoveredException("numbers in half precision, which ONNX Runtime rounds elsewhere");
        if (card.Kind == ModelKind.FeedForward && !(TensorCodec.IsDirect(card.Format, card.Format.InputType) && TensorCodec.IsDirect(card.Format, card.Format.OutputType)))
            throw new NotCoveredException("pictures that are not planes of float32");
        return new NativeRun(NativeNetwork.Load(file.Path, tuning), file.Inputs, Options.NativeError);
    }

    private void GiveBack(PooledNetwork pooled)
    {
        pooled.Touch();
        pooled.Slots.Exit();
        Leave(pooled);
        Evict(pooled.Device);
    }

    private void Leave(PooledNetwork pooled)
    {
        bool dispose, abandoned;
        lock (_gate)
        {
            bool last = --pooled.Users == 0;
            dispose = last && pooled.Retired;
            abandoned = last && !pooled.Loading.IsCompleted;
        }

        if (abandoned)
            pooled.Abandoned.Cancel();
        if (dispose)
            pooled.Dispose();
    }

    /// <summary>Takes a network out of the pool; those who wait for it have it for themselves.</summary>
    private void Retire(PooledNetwork pooled)
    {
        bool dispose;
        lock (_gate)
        {
            foreach ((string, string, bool, InferenceEngine) key in _networks.Where(n => n.Value == pooled).Select(n => n.Key).ToArray())
                _networks.Remove(key);
            dispose = pooled.Users == 0 && !pooled.Retired;
            pooled.Retired = true;
        }

        if (dispose)
            pooled.Dispose();
    }

    /// <summary>Lets go of idle networks, the longest unused first, until the rest is within the device's budget.</summary>
    private void Evict(DeviceInfo device)
    {
        List<PooledNetwork> evicted = [];
        lock (_gate)
        {
            long budget = MemoryBudget(device);
            long total = _networks.Values.Where(n => n.Device.Name == device.Name).Sum(n => n.MemoryBytes);
            foreach (((string, string, bool, InferenceEngine) key, PooledNetwork network) in _networks.Where(n => n.Value.Device.Name == device.Name && n.Value.Users == 0).OrderBy(n => n.Value.LastUsed).ToArray())
            {
                if (total <= budget)
                    break;
                _networks.Remove(key);
                network.Retired = true;
                total -= network.MemoryBytes;
                evicted.Add(network);
            }
        }

        evicted.ForEach(n => n.Dispose());
    }

    private long MemoryBudget(DeviceInfo device) => Options.MemoryBudget ?? (device.Kind == DeviceKind.Cpu
        ? Math.Max(SystemMemory.Available() / 4, 512 * Megabyte)
        : (device.MemoryBytes ?? UnknownCardMemory) / 4 * 3);
}
