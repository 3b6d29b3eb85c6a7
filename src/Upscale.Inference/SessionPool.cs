using System.Collections.Concurrent;
using System.Diagnostics;

namespace Upscale.Inference;

/// <summary>
/// The loaded networks of a process. A network is loaded once for each device, however many ask for it at the same time; it is kept while the
/// memory budget of its device allows, and lent for exclusive runs in the order of asking.
/// </summary>
public sealed class SessionPool : IDisposable
{
    private const long Megabyte = 1 << 20;
    private const long UnknownCardMemory = 4096 * Megabyte;
    private readonly SessionPoolOptions _options;
    private readonly SessionFactory _sessions;
    private readonly Lazy<NativeRuntime> _runtime = new(() => new NativeRuntime());
    private readonly ModelFiles _files = new();
    private readonly ConcurrentDictionary<string, SharedWork<ModelCard>> _probes = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Content, string Device), PooledNetwork> _networks = [];
    private readonly Dictionary<(string Content, string Device), int> _loads = [];
    private bool _disposed;

    /// <summary>Makes a pool of its own, for tests; a program uses <see cref="Shared"/>.</summary>
    /// <param name="options">Null for the defaults.</param>
    public SessionPool(SessionPoolOptions? options = null)
    {
        _options = options ?? new SessionPoolOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.CpuSlots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Threads, 1);
        _sessions = new SessionFactory(_options.Threads, _options.AllowTf32);
        Devices = new Devices(() => _runtime.Value, _sessions);
    }

    /// <summary>The pool of this process.</summary>
    public static SessionPool Shared { get; } = new();

    /// <summary>The devices of this machine.</summary>
    public Devices Devices { get; }

    /// <summary>The tiles that were too large, for each network and device.</summary>
    public TileMemory TileMemory { get; } = new();

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
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.DeviceNotAvailable"/>.</exception>
    public IModelPool On(DeviceInfo device, ModelCatalog catalog, string? baseFolder = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(catalog);
        if (!device.Usable)
            throw new UpscaleException(UpscaleErrorId.DeviceNotAvailable, $"The device {device.Name} cannot be used: {device.Reason}.");
        return new ModelPool(this, device, catalog, Path.GetFullPath(baseFolder ?? Environment.CurrentDirectory));
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
            foreach (((string, string) key, PooledNetwork network) in _networks.ToArray())
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
    internal long TileBudget(DeviceInfo device) => _options.TileBudget ?? (device.Kind == DeviceKind.Cpu
        ? Math.Clamp(SystemMemory.Available() / 4, 192 * Megabyte, 6144 * Megabyte)
        : Math.Clamp((device.MemoryBytes ?? UnknownCardMemory) / 4, 256 * Megabyte, 8192 * Megabyte));

    /// <summary>Compares the files of a card with the hashes in the card.</summary>
    /// <returns>The card, its hashes filled in where it had none.</returns>
    internal ModelCard Verify(ModelCard card, CancellationToken cancellationToken)
    {
        if (card.Components.Count == 0)
            return card with { Sha256 = Verify(card.Id, card.Path, card.Sha256, cancellationToken) };
        ModelComponent[] components = [.. card.Components.Select(c => c with { Sha256 = Verify(card.Id, c.Path, c.Sha256, cancellationToken) })];
        return card with { Components = components, Sha256 = components[0].Sha256 };
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
    internal async Task<IModelLease> LeaseAsync(ModelCard card, DeviceInfo device, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ModelFile file = await Task.Run(() => _files.Read(card.Path, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (file.Sha256 != card.Sha256)
            throw ModelFile.Refused(card.Path, "was changed while it was in use: start again");
        PooledNetwork pooled = Enter(card, file, device);
        try
        {
            Network network = await pooled.Loading.WaitAsync(cancellationToken).ConfigureAwait(false);
            await pooled.Slots.EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return new ModelLease(card, pooled, network, _options.BeforeRun, () => GiveBack(pooled));
            }
            catch
            {
                pooled.Slots.Exit();
                throw;
            }
        }
        catch
        {
            Leave(pooled);
            throw;
        }
    }

    private string Verify(string id, string path, string sha256, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw ModelFile.Refused(path, $"is missing, though the card of '{id}' names it: install the network again");
        ModelFile file = _files.Read(path, cancellationToken);
        return sha256.Length == 0 || file.Sha256 == sha256
            ? file.Sha256
            : throw ModelFile.Refused(path, $"is damaged or another file than the card of '{id}' describes (SHA-256 {file.Sha256} instead of {sha256}): get the file again");
    }

    private PooledNetwork Enter(ModelCard card, ModelFile file, DeviceInfo device)
    {
        (string, string) key = (file.ContentHash, device.Name);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_networks.TryGetValue(key, out PooledNetwork? pooled))
            {
                int loads = _loads[key] = _loads.GetValueOrDefault(key) + 1;
                int slots = device.Kind == DeviceKind.Cpu ? _options.CpuSlots : 1;
                pooled = new PooledNetwork(card, device, slots, file.Parameters * sizeof(float), loads);
                _networks.Add(key, pooled);

                // Not cancelled by the first who asked: others may wait for the same loading.
                pooled.Loading = Task.Factory.StartNew(() => Load(key, pooled, file), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            pooled.Users++;
            pooled.Touch();
            return pooled;
        }
    }

    private Network Load((string, string) key, PooledNetwork pooled, ModelFile file)
    {
        try
        {
            _ = _runtime.Value;
            Evict(pooled.Device);
            long start = Stopwatch.GetTimestamp();
            bool bound = _options.AlwaysBind || pooled.Device.Kind == DeviceKind.Cuda;
            Network network = new(_sessions.Load(file.Path, pooled.Device.Kind, pooled.Device.Index), bound);
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
            throw LoadErrors.Translate(file, exception);
        }
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
        bool dispose;
        lock (_gate)
            dispose = --pooled.Users == 0 && pooled.Retired;
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
            foreach (((string, string) key, PooledNetwork network) in _networks.Where(n => n.Value.Device.Name == device.Name && n.Value.Users == 0).OrderBy(n => n.Value.LastUsed).ToArray())
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

    private long MemoryBudget(DeviceInfo device) => _options.MemoryBudget ?? (device.Kind == DeviceKind.Cpu
        ? Math.Max(SystemMemory.Available() / 4, 512 * Megabyte)
        : (device.MemoryBytes ?? UnknownCardMemory) / 4 * 3);
}
