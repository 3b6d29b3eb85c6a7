using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>The engine, from file to file, against ONNX Runtime alone on the same tiles.</summary>
internal static class EngineBench
{
    /// <summary>The network that is measured with: the default one.</summary>
    public const string Network = "realesr-general-x4v3";

    private const int Side = 512;

    /// <summary>Sides of tiles, the best one first; less memory takes a later one.</summary>
    private static readonly int[] s_tileSides = [256, 192, 160, 128];

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(Side, Side, "tiff", cancellationToken).ConfigureAwait(false);
        var request = new UpscaleRequest
        {
            Source = source,
            Destination = bench.Results,
            Stages = [StageSpec.Parse($"gan:model={Network}")],
            Device = "Cpu",
            Force = true,
        };
        ModelCard card = UpscaleEngine.Default.Models.First(m => m.Id == Network);
        (UpscalePlan plan, TileLayout layout) = await PlanAsync(request, card, cancellationToken).ConfigureAwait(false);
        using var bare = new BareRun(card, layout.TileWidth, layout.TileHeight);
        (double engine, double alone) = await Timing.CompareAsync(
            runs,
            () => Timing.SecondsAsync(() => UpscaleEngine.Default.RunAsync(plan, null, null, cancellationToken)),
            () => Task.FromResult(bare.Measure(plan.Tiles, cancellationToken).TotalSeconds)).ConfigureAwait(false);
        string job = $"{Network}, {Side}x{Side} in {plan.Tiles} tiles of {layout.TileWidth}x{layout.TileHeight}";
        return
        [
            new Figure("engine", Side * Side / engine, "px/s", $"{job}, file to file"),
            new Figure("ONNX Runtime alone", Side * Side / alone, "px/s", "the same tiles and session options"),
            new Figure("engine / ONNX Runtime", alone / engine, "", "goal at least 0.95"),
        ];
    }

    /// <summary>Finds tiles that the engine has memory for, so that both sides run the same ones.</summary>
    private static async Task<(UpscalePlan Plan, TileLayout Layout)> PlanAsync(UpscaleRequest request, ModelCard card, CancellationToken cancellationToken)
    {
        var profile = new TileProfile
        {
            Scale = card.Scale,
            Halo = card.Halo,
            MultipleOf = card.MultipleOf,
            Alignment = card.Alignment,
            MinimumSize = card.MinimumSize,
            Border = card.Border,
            BytesPerPixel = card.BytesPerPixel,
        };
        foreach (int side in s_tileSides)
        {
            TileLayout layout = TileLayout.Choose(Side, Side, profile, side, null)!;
            UpscalePlan plan = await UpscaleEngine.Default.PlanAsync(request with { Tile = side }, cancellationToken).ConfigureAwait(false);
            if (plan.Tiles == layout.Columns.Count * layout.Rows(Side, profile).Length)
                return (plan, layout);
        }

        throw new UpscaleException(UpscaleErrorId.OutOfMemory, $"There is too little memory to measure {card.Id} on tiles of {s_tileSides[^1]}x{s_tileSides[^1]}.");
    }
}
