namespace Upscale.Testing;

/// <summary>Services for a stage under test: records what it reports.</summary>
public sealed class FakeServices : IStageServices, ITileMemory
{
    private readonly Dictionary<string, long> _limits = [];

    public List<string> Warnings { get; } = [];

    public int TilesReported { get; private set; }

    public IModelPool Models { get; init; } = null!;

    public long Seed { get; init; }

    public int? TileSize { get; init; }

    public ITileMemory TileMemory => this;

    public Func<string, IReadOnlyDictionary<string, object>, IStage>? StageMaker { get; init; }

    public Func<string, IStripSource>? PictureOpener { get; init; }

    public Action<string>? Logger { get; init; }

    public void ReportTiles(int finished) => TilesReported += finished;

    public void Warn(string message) => Warnings.Add(message);

    public void Log(string message) => Logger?.Invoke(message);

    public IStripSource OpenPicture(string path) => PictureOpener?.Invoke(path) ?? throw new UpscaleException(UpscaleErrorId.FileNotFound, $"There is no file '{path}'.");

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options)
        => StageMaker?.Invoke(stageId, options) ?? throw new UpscaleException(UpscaleErrorId.StageNotFound, $"There is no stage '{stageId}'.");

    public long? Limit(string key) => _limits.TryGetValue(key, out long limit) ? limit : null;

    public void TooLarge(string key, long pixels) => _limits[key] = pixels / 2;
}
