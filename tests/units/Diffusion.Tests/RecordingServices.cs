using Upscale.Inference;
using Upscale.Interpolation;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>Services with the real pool: noise may be given, and every tensor that goes in or out of a network is kept.</summary>
internal sealed class RecordingServices(SessionPool pool, INoise? noise = null) : IStageServices, IModelPool
{
    private static readonly ModelCatalog s_catalog = new([Path.Combine(TestData.Root, "models")]);

    private readonly FakeServices _fake = new();
    private readonly IModelPool _models = pool.On(pool.Devices.Resolve("Cpu"), s_catalog);
    private int _leases;

    /// <summary>Component, tensor name and values, run by run.</summary>
    public List<(string Component, string Name, float[] Values)> Tensors { get; } = [];

    /// <summary>Leases that were not given back.</summary>
    public int OpenLeases => _leases;

    /// <summary>Says of each run, from 0, whether it is too large.</summary>
    public Func<int, bool> TooLarge { get; init; } = _ => false;

    /// <summary>Changes a card before a stage sees it.</summary>
    public Func<ModelCard, ModelCard> Change { get; init; } = card => card;

    public int Runs { get; private set; }

    public IModelPool Models => this;

    public long Seed { get; init; } = 1;

    public INoise Noise => noise ?? new Noise(Seed);

    public int? TileSize { get; init; }

    public ITileMemory TileMemory => _fake.TileMemory;

    public string Device => _models.Device;

    public long TileBudget => _models.TileBudget;

    public int TilesReported => _fake.TilesReported;

    public void ReportTiles(int finished) => _fake.ReportTiles(finished);

    public void Warn(string message) => _fake.Warn(message);

    public void Log(string message) => _fake.Log(message);

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options)
    {
        var filled = new Dictionary<string, object>(options);
        filled.TryAdd("kernel", "lanczos3");
        return new InterpolationStageFactory().Create(new StageOptions(filled), this);
    }

    public async ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken) => Change(await _models.DescribeAsync(model, cancellationToken));

    public ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken) => _models.LeaseAsync(card, cancellationToken);

    public async ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken)
    {
        _leases++;
        return new Lease(this, await _models.LeaseAsync(card, component, cancellationToken), component);
    }

    private sealed class Lease(RecordingServices services, IModelLease inner, string component) : IModelLease
    {
        public ModelCard Card => inner.Card;

        public string Device => inner.Device;

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => inner.RunAsync(input, output, cancellationToken);

        public async ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            if (services.TooLarge(services.Runs++))
                return RunOutcome.TooLarge;
            RunOutcome outcome = await inner.RunAsync(inputs, outputs, cancellationToken);
            foreach (NamedTensor tensor in inputs.Concat(outputs))
                services.Tensors.Add((component, tensor.Name, tensor.Floats.ToArray()));
            return outcome;
        }

        public ValueTask DisposeAsync()
        {
            services._leases--;
            return inner.DisposeAsync();
        }
    }
}
