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

    /// <summary>Component and shape of the first input, run by run.</summary>
    public List<(string Component, int[] Shape)> Shapes { get; } = [];

    /// <summary>Leases that were not given back.</summary>
    public int OpenLeases => _leases;

    public int MostOpenLeases { get; private set; }

    /// <summary>Says of each run, from 0, whether it is too large.</summary>
    public Func<int, bool> TooLarge { get; init; } = _ => false;

    /// <summary>Says of each run, by its component and the shape of its first input, whether it is too large.</summary>
    public Func<string, IReadOnlyList<int>, bool> IsTooLarge { get; init; } = (_, _) => false;

    /// <summary>Changes a card before a stage sees it.</summary>
    public Func<ModelCard, ModelCard> Change { get; init; } = card => card;

    /// <summary>Opens masks.</summary>
    public Func<string, IStripSource>? PictureOpener { get; init; }

    public int Runs { get; private set; }

    public IModelPool Models => this;

    public long Seed { get; init; } = 1;

    public INoise Noise => noise ?? new Noise(Seed);

    public int? TileSize { get; init; }

    public ITileMemory TileMemory => _fake.TileMemory;

    public string Device => _models.Device;

    public long TileBudget => Budget ?? _models.TileBudget;

    /// <summary>Bytes that a run may take; null for the pool's own.</summary>
    public long? Budget { get; init; }

    public IReadOnlyList<string> Warnings => _fake.Warnings;

    public int TilesReported => _fake.TilesReported;

    public void ReportTiles(int finished) => _fake.ReportTiles(finished);

    public void Warn(string message) => _fake.Warn(message);

    public void Log(string message) => _fake.Log(message);

    public IStripSource OpenPicture(string path) => PictureOpener!(path);

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
        MostOpenLeases = Math.Max(MostOpenLeases, ++_leases);
        return new Lease(this, await _models.LeaseAsync(card, component, cancellationToken), component);
    }

    private sealed class Lease(RecordingServices services, IModelLease inner, string component) : IModelLease
    {
        public ModelCard Card => inner.Card;

        public string Device => inner.Device;

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken) => inner.RunAsync(input, output, cancellationToken);

        public async ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
        {
            if (services.TooLarge(services.Runs++) || services.IsTooLarge(component, inputs[0].Shape))
                return RunOutcome.TooLarge;
            services.Shapes.Add((component, [.. inputs[0].Shape]));
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
