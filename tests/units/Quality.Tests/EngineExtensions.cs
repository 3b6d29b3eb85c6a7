using Upscale.Pipelines;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

internal static class EngineExtensions
{
    /// <summary>A network over a picture in memory, float to float.</summary>
    /// <param name="tile">Largest side of a tile; null for the whole picture in one.</param>
    public static async Task<Picture> StageAsync(this UpscaleEngine engine, string network, Picture input, int? tile)
    {
        var request = new UpscaleRequest { Source = "", Device = "Cpu", Tile = tile, Stages = [new StageSpec("gan").With(("model", network))] };
        return await Picture.ReadAsync(await engine.ConnectAsync(request, input.Source(16), default));
    }
}
