using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines.Running;

/// <summary>The engine's side of <see cref="IStageServices"/> for one picture.</summary>
internal sealed class StageServices(
    PluginCatalog plugins,
    UpscaleRequest request,
    IModelPool models,
    ITileMemory tileMemory,
    Action<int>? tiles,
    Action<string>? log) : IStageServices
{
    private readonly List<string> _warnings = [];
    private readonly SortedSet<InferenceEngine> _engines = [];
    private readonly RecordedModels _models = new(models);

    public IModelPool Models => _models;

    /// <summary>The networks that the stages looked up so far.</summary>
    public IReadOnlyList<ModelCard> Networks => _models.Cards;

    public long Seed => request.Seed;

    public int? TileSize => request.Tile;

    public ITileMemory TileMemory => tileMemory;

    /// <summary>What the stages warned of so far, each text once.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings)
                return [.. _warnings];
        }
    }

    /// <summary>What computed the networks that ran so far, joined by " + "; null when none did.</summary>
    public string? Engine
    {
        get
        {
            lock (_engines)
                return _engines.Count > 0 ? string.Join(" + ", _engines) : null;
        }
    }

    /// <summary>Notes what computed a network.</summary>
    public void Note(InferenceEngine engine)
    {
        lock (_engines)
            _engines.Add(engine);
    }

    public void ReportTiles(int finished) => tiles?.Invoke(finished);

    public void Log(string message) => log?.Invoke(message);

    public void Warn(string message)
    {
        lock (_warnings)
        {
            if (!_warnings.Contains(message))
                _warnings.Add(message);
        }
    }

    public IStripSource OpenPicture(string path) => new PictureSource(ImageReader.Open(path));

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options)
    {
        StageInfo info = plugins.Stage(stageId);
        IStageFactory factory = plugins.Factory(stageId);
        StageOptions bound = OptionBinder.Bind(info, options, request.BaseFolder);
        var guard = new StageGuard(new StageOrigin(info.Id, info.Plugin, request.Source), request.StageTimeout, this);
        return new GuardedStage(guard.Call(() => factory.Create(bound, this)) ?? throw guard.Origin.Broken("makes no stage"), guard);
    }
}
