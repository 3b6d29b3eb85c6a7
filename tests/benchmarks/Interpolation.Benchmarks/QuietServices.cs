namespace Upscale.Interpolation.Benchmarks;

/// <summary>Services for a stage that needs none.</summary>
internal sealed class QuietServices : IStageServices
{
    public IModelPool Models => throw new NotSupportedException();

    public long Seed => 0;

    public int? TileSize => null;

    public ITileMemory TileMemory => throw new NotSupportedException();

    public void ReportTiles(int finished)
    {
    }

    public void Warn(string message)
    {
    }

    public void Log(string message)
    {
    }

    public IStripSource OpenPicture(string path) => throw new NotSupportedException();

    public IStage CreateStage(string stageId, IReadOnlyDictionary<string, object> options) => throw new NotSupportedException();
}
