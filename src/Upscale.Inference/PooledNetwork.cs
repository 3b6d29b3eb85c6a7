using System.Diagnostics;

namespace Upscale.Inference;

/// <summary>A network in the pool: its loading, its places, and what it has done.</summary>
/// <param name="card">The card that the network is loaded for.</param>
/// <param name="file">Its file.</param>
/// <param name="device">Where it is loaded.</param>
/// <param name="wide">True for a network that computes in float16, loaded as one that computes in float32.</param>
/// <param name="engine">The engine that is wanted.</param>
/// <param name="slots">Number of places.</param>
/// <param name="loads">How often it was loaded so far, this time included.</param>
internal sealed class PooledNetwork(ModelCard card, ModelFile file, DeviceInfo device, bool wide, InferenceEngine engine, int slots, int loads)
{
    // The CPU computes most of float16 in float32, and so has its weights.
    private readonly long _weightBytes = file.Parameters * (file.ComputesInHalf && !wide && device.Kind != DeviceKind.Cpu ? sizeof(ushort) : sizeof(float));

    private readonly Lock _gate = new();
    private long _runs;
    private long _runBytes;
    private long _runTicks;
    private long _lastUsed = DateTimeOffset.UtcNow.Ticks;

    /// <summary>The card that the network was loaded for first.</summary>
    public ModelCard Card { get; } = card;

    /// <summary>Its file.</summary>
    public ModelFile File { get; } = file;

    /// <summary>True for a network that computes in float16, loaded as one that computes in float32.</summary>
    public bool Wide { get; } = wide;

    /// <summary>Where it is loaded.</summary>
    public DeviceInfo Device { get; } = device;

    /// <summary>The engine that is wanted.</summary>
    public InferenceEngine Engine { get; } = engine;

    /// <summary>Its places.</summary>
    public SlotQueue Slots { get; } = new(slots);

    /// <summary>Completes when it is loaded.</summary>
    public Task<Network> Loading { get; set; } = null!;

    /// <summary>Cancelled when nobody waits for the loading any more.</summary>
    public CancellationTokenSource Abandoned { get; } = new();

    /// <summary>Callers that wait or hold a lease; guarded by the pool.</summary>
    public int Users { get; set; }

    /// <summary>True when it is to be disposed as soon as nobody uses it; guarded by the pool.</summary>
    public bool Retired { get; set; }

    /// <summary>How long the loading took.</summary>
    public TimeSpan LoadTime { get; set; }

    /// <summary>When it was lent or given back last, in ticks.</summary>
    public long LastUsed => Interlocked.Read(ref _lastUsed);

    /// <summary>Weights and working memory as estimated.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_gate)
                return _weightBytes + _runBytes;
        }
    }

    /// <summary>Notes that it is being used.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastUsed, DateTimeOffset.UtcNow.Ticks);

    /// <summary>Notes a run.</summary>
    public void AddRun(long bytes, long startTimestamp)
    {
        long ticks = Stopwatch.GetElapsedTime(startTimestamp).Ticks;
        lock (_gate)
        {
            _runs++;
            _runTicks += ticks;
            _runBytes = Math.Max(_runBytes, bytes);
        }
    }

    /// <summary>Lets the native memory go, at once or when the loading is done.</summary>
    public void Dispose()
        => Loading.ContinueWith(
            static t => t.Result.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

    /// <summary>The numbers for people.</summary>
    public SessionInfo Describe()
    {
        lock (_gate)
        {
            return new SessionInfo
            {
                Model = Card.Id,
                Path = Card.Path,
                Device = Device.Name,
                Engine = Wide ? $"{InferenceEngine.OnnxRuntime} (float32)" : (Loading.IsCompletedSuccessfully ? Loading.Result.Engine : Engine).ToString(),
                Loads = loads,
                Runs = _runs,
                Waiting = Slots.Waiting,
                Busy = Slots.Busy,
                Slots = Slots.Slots,
                MemoryBytes = _weightBytes + _runBytes,
                LoadTime = LoadTime,
                RunTime = TimeSpan.FromTicks(_runTicks),
                LastUsed = new DateTimeOffset(LastUsed, TimeSpan.Zero),
            };
        }
    }
}
