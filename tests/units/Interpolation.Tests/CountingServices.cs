namespace Upscale.Interpolation.Tests;

/// <summary>Counts the tiles that a stage reports; offers nothing else.</summary>
internal sealed class CountingServices : IStageServices
{
    public int Tiles { get; private set; }

    public IModelPool Models => throw new NotSupportedException();

    public long Seed => 0;

    public int? TileSize => null;

    public ITileMemory TileMemory => throw new NotSupportedException();

    public void ReportTiles(int finished) => Tiles += finished;

    public void Warn(string message) => throw new NotSupportedException(message);

    public void Log(string message)
    {
    }

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options) => throw new NotSupportedException();
}
