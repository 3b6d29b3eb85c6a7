namespace Upscale.Pipelines;

/// <summary>How far one picture is.</summary>
/// <param name="TilesDone">Blocks of work that are done.</param>
/// <param name="TilesTotal">Blocks of work in all, as planned.</param>
public readonly record struct UpscaleProgress(int TilesDone, int TilesTotal);
