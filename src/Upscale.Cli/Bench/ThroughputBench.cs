using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>The whole program, from file to file, against ONNX Runtime alone on the same tiles.</summary>
internal static class ThroughputBench
{
    /// <summary>The network that is measured with: the default one.</summary>
    public const string Network = "realesr-general-x4v3";

    private const int Side = 512;

    /// <summary>Largest side of a tile: the picture takes several.</summary>
    private const int TileSide = 256;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(Side, Side, "tiff", cancellationToken).ConfigureAwait(false);
        var request = new UpscaleRequest
        {
            Source = source,
            Destination = bench.Results,
            Stages = [StageSpec.Parse($"gan:model={Network}")],
            Device = "Cpu",
            Engine = InferenceEngine.OnnxRuntime,
            Tile = TileSide,
            Existing = ExistingTarget.Replace,
        };
        ModelCard card = UpscaleEngine.Default.Models.First(m => m.Id == Network);
        UpscalePlan plan = await UpscaleEngine.Default.PlanAsync(request, cancellationToken).ConfigureAwait(false);
        (int width, int height) = plan.StagePlans[0].TileSize!.Value;
        using var bare = new BareRun(card, width, height);
        UpscalePlan usual = await UpscaleEngine.Default.PlanAsync(request with { Engine = InferenceEngine.Auto }, cancellationToken).ConfigureAwait(false);
        (double fast, _, double gain) = await CompareAsync(usual).ConfigureAwait(false);
        (double whole, double alone, double ratio) = await CompareAsync(plan).ConfigureAwait(false);
        string job = $"{Network}, {Side}x{Side} in {plan.Tiles} tiles of {width}x{height}";
        return
        [
            new Figure("program", Side * Side / fast, "px/s", $"{job}, file to file, with the engine that suits the network best"),
            new Figure("program by ONNX Runtime", Side * Side / whole, "px/s", "the same with --engine onnxruntime"),
            new Figure("ONNX Runtime alone", Side * Side / alone, "px/s", "the same tiles and session options"),
            new Figure("program / ONNX Runtime", gain, "", "goal at least 0.95"),
            new Figure("program by ONNX Runtime / ONNX Runtime", ratio, "", "what reading, tiles and writing cost"),
        ];

        Task<(double, double, double)> CompareAsync(UpscalePlan made) => Timing.CompareAsync(
            runs,
            () => Timing.SecondsAsync(() => UpscaleEngine.Default.RunAsync(made, null, null, cancellationToken)),
            () => Task.FromResult(bare.Measure(made.Tiles, cancellationToken).TotalSeconds));
    }
}
