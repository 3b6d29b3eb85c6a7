using Upscale.Inference;
using Upscale.Pipelines;

namespace Upscale.Cli.Bench;

/// <summary>Diffusion networks in the whole program, from file to file, against ONNX Runtime alone on the same tensors.</summary>
internal static class DiffusionBench
{
    private const string Denoiser = "unet";

    /// <summary>Networks, and the side of the picture: the one-step network has as much work with it as the other with its four steps.</summary>
    private static readonly (string Network, int Side)[] s_networks = [("sinsr-x4-compact", 256), ("resshift-x4-compact", 128), ("latent-x2-compact", 256)];

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        var figures = new List<Figure>();
        foreach ((string network, int side) in s_networks)
            figures.AddRange(await RunAsync(bench, network, side, runs, cancellationToken).ConfigureAwait(false));
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, string network, int side, int runs, CancellationToken cancellationToken)
    {
        var request = new UpscaleRequest
        {
            Source = await bench.MakeAsync(side, side, "tiff", cancellationToken).ConfigureAwait(false),
            Destination = bench.Results,
            Model = network,
            Device = "Cpu",
            Engine = InferenceEngine.OnnxRuntime,
            Existing = ExistingTarget.Replace,
        };
        using var recorder = new RunRecorder();
        await using var engine = new UpscaleEngine(UpscaleHome.Find(AppContext.BaseDirectory), recorder.Pool);
        UpscalePlan plan = await engine.PlanAsync(request, cancellationToken).ConfigureAwait(false);
        await engine.RunAsync(plan, null, null, cancellationToken).ConfigureAwait(false);
        using BareComponentRun bare = recorder.Finish();
        int steps = bare.Count(Denoiser);
        UpscalePlan usual = await engine.PlanAsync(request with { Engine = InferenceEngine.Auto }, cancellationToken).ConfigureAwait(false);
        (double fast, _, double gain) = await CompareAsync(usual).ConfigureAwait(false);
        (double whole, double alone, double ratio) = await CompareAsync(plan).ConfigureAwait(false);
        string job = $"{side}x{side} to {plan.Output.Width}x{plan.Output.Height} in {steps} {(steps == 1 ? "run" : "runs")} of the denoiser";
        return
        [
            new Figure($"program, {network}", steps / fast, "steps/s", $"{job}, file to file, with the engine that suits the network best"),
            new Figure($"program by ONNX Runtime, {network}", steps / whole, "steps/s", "the same with --engine onnxruntime"),
            new Figure($"ONNX Runtime alone, {network}", steps / alone, "steps/s", "all components as often on the same tensors, the same session options"),
            new Figure($"program / ONNX Runtime, {network}", gain, "", "goal at least 0.95"),
            new Figure($"program by ONNX Runtime / ONNX Runtime, {network}", ratio, "", "what reading, noise, enlargement and writing cost"),
        ];

        Task<(double, double, double)> CompareAsync(UpscalePlan made) => Timing.CompareAsync(
            runs,
            () => Timing.SecondsAsync(() => engine.RunAsync(made, null, null, cancellationToken)),
            () => Task.FromResult(bare.Measure(cancellationToken).TotalSeconds));
    }
}
