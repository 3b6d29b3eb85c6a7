using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>The engine, from file to file, against ONNX Runtime alone on the same tiles.</summary>
internal static class EngineBench
{
    /// <summary>The network that is measured with: the default one.</summary>
    public const string Network = "realesr-general-x4v3";

    private const int Side = 512;
    private const int TileSide = 128;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(Side, Side, "tiff", cancellationToken).ConfigureAwait(false);
        var request = new UpscaleRequest
        {
            Source = source,
            Destination = bench.Results,
            Stages = [StageSpec.Parse($"gan:model={Network}")],
            Device = "Cpu",
            Tile = TileSide,
            Force = true,
        };
        ModelCard card = UpscaleEngine.Default.Models.First(m => m.Id == Network);
        TileLayout layout = Layout(card);
        int tiles = layout.Columns.Count * layout.Rows(Side, card.MultipleOf).Length;
        UpscalePlan plan = await UpscaleEngine.Default.PlanAsync(request, cancellationToken).ConfigureAwait(false);
        if (plan.Tiles != tiles)
            throw new InvalidOperationException($"The engine cuts {Side}x{Side} into {plan.Tiles} tiles, not into the {tiles} of {layout.TileWidth}x{layout.TileHeight} to compare with.");

        using var bare = new BareRun(card, layout.TileWidth, layout.TileHeight);
        (double engine, double alone) = await Timing.CompareAsync(
            runs,
            () => Timing.SecondsAsync(() => UpscaleEngine.Default.RunAsync(plan, null, null, cancellationToken)),
            () => Task.FromResult(bare.Measure(tiles, cancellationToken).TotalSeconds)).ConfigureAwait(false);
        string job = $"{Network}, {Side}x{Side} in {tiles} tiles of {layout.TileWidth}x{layout.TileHeight}";
        return
        [
            new Figure("engine", Side * Side / engine, "px/s", $"{job}, file to file"),
            new Figure("ONNX Runtime alone", Side * Side / alone, "px/s", "the same tiles and session options"),
            new Figure("engine / ONNX Runtime", alone / engine, "", "goal at least 0.95"),
        ];
    }

    private static TileLayout Layout(ModelCard card)
    {
        var profile = new TileProfile
        {
            Scale = card.Scale,
            Halo = card.Halo,
            MultipleOf = card.MultipleOf,
            MinimumSize = card.MinimumSize,
            Border = card.Border,
            BytesPerPixel = card.BytesPerPixel,
        };
        return TileLayout.Choose(Side, Side, profile, TileSide, null)!;
    }
}
